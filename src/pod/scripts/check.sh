# postStart hook of an app's container that asks for a look at its mounts: waits until each path has a file system of
# one of the types that its client mounts. Only sh, sleep and /proc are needed of the app's image.
# sh -c CHECK sluice-check SECONDS (PATH TYPES)...
#   TYPES  as /proc/self/mountinfo has them, between blanks; "fuse" also means fuse.*
left=$1 seconds=$1
shift

# Sets escaped to the path $1 as mountinfo writes it.
escape() {
  rest=$1 escaped=
  while [ -n "$rest" ]; do
    char=${rest%"${rest#?}"}
    rest=${rest#?}
    case $char in
      ' ') char='\040' ;;
      '	') char='\011' ;;
      \\) char='\134' ;;
    esac
    escaped=$escaped$char
  done
}

# Sets type to that of the uppermost mount at the path $1; empty: nothing is mounted there.
read_type() {
  escape "$1"
  type=
  while read -r _ _ _ _ point _ fields; do
    [ "$point" = "$escaped" ] || continue
    fields=${fields#*- }
    type=${fields%% *}
  done </proc/self/mountinfo
}

is_mounted() {
  path=${1%/}
  parent=$(cd -P "${path%/*}/" 2>/dev/null && pwd -P)
  read_type "${parent%/}/${path##*/}"
  # The image may have a link there; what it leads to is where the kubelet mounts.
  [ -n "$type" ] || read_type "$(cd -P "$path/" 2>/dev/null && pwd -P)"
  for wanted in $2; do
    case $type in
      "$wanted" | "$wanted".*) return ;;
    esac
  done
  return 1
}

while [ "$#" -gt 1 ]; do
  if is_mounted "$1" "$2"; then
    shift 2
  elif [ "$left" -gt 0 ]; then
    left=$((left - 1))
    sleep 1
  else
    echo "sluice: $1 has no file system of type $2 after $seconds s, but ${type:-none}: see the log of the dataset's client" >&2
    exit 1
  fi
done
