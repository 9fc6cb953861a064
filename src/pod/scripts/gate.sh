# postStart hook of a client: waits until its views are served, so that the app need not wait for
# the kubelet's next try. The links alone keep the app out, so this one always ends well.
# sh -c GATE sluice-gate SECONDS VIEW...
trap 'exit 0' TERM INT QUIT
step=0.1
sleep 0.1 2>/dev/null || step=1
# Sets up, in hundredths of a second: on a busy node the waits alone would say too little.
now() {
  read -r up _ </proc/uptime
  up=${up%.*}${up#*.}
}
now
end=$((up + $1 * 100))
shift
for view do
  # -n: never into the directory that a link served meanwhile leads to.
  [ -L "$view" ] || ln -sn .waiting "$view" 2>/dev/null
done
for view do
  while [ "$(readlink "$view")" = .waiting ] && now && [ "$up" -lt "$end" ]; do
    sleep "$step" &
    wait "$!"
  done
done
exit 0
