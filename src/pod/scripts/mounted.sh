# Is MOUNT mounted, by a file system of one of the TYPEs, and does it answer? A probe asks once (SECONDS is 0); a hook
# waits SECONDS for it. POINT is MOUNT as mountinfo writes it.
# sh -c MOUNTED sluice-mounted SECONDS MOUNT POINT TYPE...
_left=$1 _mount=$2 _wanted=$3
shift 3

# The uppermost mount stands last in the list; "fuse" also stands for fuse.*
_mounted() {
  _found=1
  while read -r _ _ _ _ _point _ _rest; do
    [ "$_point" = "$_wanted" ] || continue
    _rest=${_rest#*- } _found=1
    for _type do
      case ${_rest%% *} in
        "$_type" | "$_type".*) _found=0 ;;
      esac
    done
  done </proc/self/mountinfo
  [ "$_found" = 0 ] && [ -e "$_mount/." ]
}

until _mounted "$@"; do
  [ "$_left" -gt 0 ] || exit 1
  _left=$((_left - 1))
  sleep 1
done
