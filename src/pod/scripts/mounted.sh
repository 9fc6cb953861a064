# Is MOUNT mounted, by a file system of one of the TYPEs, and does it answer? A probe asks once (SECONDS is 0); a hook
# waits SECONDS for it. POINT is MOUNT as mountinfo writes it.
# sh -c MOUNTED sluice-mounted SECONDS MOUNT POINT TYPE...
left=$1 mount=$2 wanted=$3
shift 3

# The uppermost mount stands last in the list; "fuse" also stands for fuse.*
mounted() {
  found=1
  while read -r _ _ _ _ point _ rest; do
    [ "$point" = "$wanted" ] || continue
    rest=${rest#*- } found=1
    for type do
      case ${rest%% *} in
        "$type" | "$type".*) found=0 ;;
      esac
    done
  done </proc/self/mountinfo
  [ "$found" = 0 ] && [ -e "$mount/." ]
}

until mounted "$@"; do
  [ "$left" -gt 0 ] || exit 1
  left=$((left - 1))
  sleep 1
done
