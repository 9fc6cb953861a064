# Reads files of the pod's datasets once, so that the app finds them in the node's memory. What has come of it stands in
# STATUS/prefetcher.status, in the log and, when it has ended, in the container's termination message.
# sh -c PREFETCHER sluice-prefetcher WHEN SECONDS STATUS PATTERN...
#   WHEN     end: exits when done; linger: as soon as the hook has seen that; stay: goes on until TERM
#   SECONDS  how long it may take; 0: as long as it does
#   PATTERN  absolute; ** is all below a directory, a directory stands for all below it
# BUFFER_SIZE_IN_BYTES  how much is read at once (default: 16 MiB)
when=$1 seconds=$2 status=$3
shift 3
late= files=0 failed=0
trap 'exit 0' TERM INT
trap 'late=1' USR1

say() { echo "sluice: $*" >&2; }

read_file() {
  found=1
  if dd if="./$1" of=/dev/null bs="${BUFFER_SIZE_IN_BYTES:-16777216}" 2>/dev/null; then
    files=$((files + 1))
  else
    failed=$((failed + 1))
    say "cannot read $PWD/$1"
  fi
  # Whoever gives up on this one has to know.
  echo "$files $failed" >"$status/.progress"
}

# Reads all that matches the pattern $1 below the working directory; no wildcard matches a name that begins with a dot.
# Parameters are a function's own, variables are not: $2 is what stands behind the first name, $3 the way back.
read_matching() {
  case $1 in
    '**') set -- '*' '**' "$PWD" all ;;
    '**/'*)
      # ** also means no directory at all.
      read_matching "${1#??/}"
      set -- '*' "$1" "$PWD" deep
      ;;
    */*) set -- "${1%%/*}" "${1#*/}" "$PWD" '' ;;
    *) set -- "$1" '' "$PWD" '' ;;
  esac
  for entry in $1; do
    if [ -n "$2" ] && [ -d "./$entry" ]; then
      # Below ** a link may lead in circles.
      [ -z "$4" ] || ! [ -L "./$entry" ] || continue
      cd "./$entry" || continue
      read_matching "$2"
      cd "$3" || exit
    elif [ -f "./$entry" ] && { [ -z "$2" ] || [ "$4" = all ]; }; then
      read_file "$entry"
    fi
  done
}

prefetch() {
  # Patterns are expanded, and never split.
  IFS=
  for pattern do
    found=
    cd / || exit
    # Looked at as it stands, as Fluid does: its name may hold what means something in a pattern.
    if [ -d "$pattern" ]; then cd "$pattern" && found=1 && read_matching '**'; else read_matching "${pattern#/}"; fi
    [ -n "$found" ] || { say "no file matches $pattern" && echo "$pattern" >>"$status/.unmatched"; }
  done
  [ "$failed" = 0 ]
}

read_clock() {
  read -r now _ </proc/uptime
  now=${now%.*}
}

tell() {
  read_clock
  read -r files failed <"$status/.progress"
  message="$files files read, $failed failed, $((now - begin)) s${late:+: stopped, for it took longer than $seconds s}"
  [ ! -e "$status/.unmatched" ] || message="$message; some patterns match no file, see the log"
  say "prefetch: $1: $message"
  printf 'prefetch_result=%s\nfiles=%s\nfailed=%s\nseconds=%s\n' "$1" "$files" "$failed" "$((now - begin))" >"$status/.status"
  mv "$status/.status" "$status/prefetcher.status"
  [ ! -w /dev/termination-log ] || echo "prefetch_result=$1: $message" >/dev/termination-log
}

# A sidecar that was started again has done its work.
if ! [ -e "$status/prefetcher.status" ]; then
  read_clock
  begin=$now
  echo "0 0" >"$status/.progress"
  rm -f "$status/.unmatched"
  prefetch "$@" &
  worker=$!
  if [ "$seconds" != 0 ]; then
    {
      sleep "$seconds"
      kill -USR1 "$$"
    } &
  fi
  wait "$worker"
  result=$?
  # Who runs beyond the time is left behind: this container ends.
  if [ "$result" = 0 ]; then tell success; else tell fail; fi
fi

case $when in
  linger)
    left=3
    while ! [ -e "$status/.seen" ] && [ "$left" -gt 0 ]; do
      left=$((left - 1))
      sleep 1
    done
    ;;
  stay)
    while :; do
      sleep 3600 &
      wait "$!"
    done
    ;;
esac
exit 0
