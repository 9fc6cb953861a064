# postStart hook of a prefetcher that is an ordinary container: keeps the containers behind it from starting until it has
# done its work, SECONDS at most. It always ends well: without what was read ahead the app only reads more slowly.
# sh -c WAIT sluice-prefetch-wait SECONDS STATUS
left=$1
while ! [ -e "$2/prefetcher.status" ] && [ "$left" -gt 0 ]; do
  left=$((left - 1))
  sleep 1
done
: >"$2/.seen"
exit 0
