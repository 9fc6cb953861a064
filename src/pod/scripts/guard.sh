# First to start and last to stop: takes every layer off what is mounted below the given directories,
# so that the kubelet finds nothing live to delete and nothing dead to stumble over.
# sh -c GUARD sluice-guard DIRECTORY...
# SLUICE_HOLD_SECONDS  how long after TERM it leaves everything as it is (default: 0)
# SLUICE_END_FILE      names, between blanks, the containers that nobody needs any more (default: no such file)
# SLUICE_CONTAINER     the name by which this one stands there; whoever writes it has seen all clients end
# Before the traps, or a TERM that comes in between is forgotten.
_stop= _names=
# The kill closes the gap between a look at $_stop and the wait.
trap '_stop=1; kill "$!" 2>/dev/null' TERM INT QUIT
trap '_late=1' USR1

# An umount of something that hangs must not hold up the others.
_within() {
  _late=
  "$@" 2>/dev/null &
  _child=$!
  (
    sleep 1
    kill -9 "$_child"
    kill -USR1 "$$"
  ) 2>/dev/null &
  _killer=$!
  wait "$_child" 2>/dev/null
  set -- "$?"
  kill -9 "$_killer" 2>/dev/null
  [ -z "$_late" ] && return "$1"
}

# mountinfo writes a blank as \040, a backslash as \134, and so on.
_decode() {
  _rest=$1 _point=
  while :; do
    case $_rest in
      *\\*) ;;
      *) break ;;
    esac
    _point=$_point${_rest%%\\*}
    _rest=${_rest#*\\}
    _code=${_rest%"${_rest#???}"}
    _rest=${_rest#???}
    _code=$(printf "\\$_code.")
    _point=$_point${_code%.}
  done
  _point=$_point$_rest
}

# The latest mount stands last in the list and is never below an earlier one.
_clear() {
  _points=
  while read -r _ _ _device _ _point _; do
    _decode "$_point"
    for _directory do
      case $_point in
        "${_directory%/}"/*)
          _points="$_point
$_points"
          _devices="$_devices ${_device#*:}"
          ;;
      esac
    done
  done </proc/self/mountinfo
  IFS='
'
  # At once, for at the end of a grace period two seconds are left; those that resist one by one.
  [ -z "$_points" ] || _within umount $_points || for _point in $_points; do
    _within umount "$_point" || _within umount -l "$_point"
  done
  unset IFS
  [ -z "$_points" ]
}

# Does anybody wait for an answer from one of these FUSE devices? Sets _waited_for.
_find_waiting() {
  _waited_for=
  for _device in $_devices; do
    read -r _count <"$_connections/$_device/waiting" && [ "$_count" != 0 ] && _waited_for="$_waited_for $_device"
  done
  [ -n "$_waited_for" ]
} 2>/dev/null

# Whoever was killed while waiting for a client that will not answer ends only when that is aborted; a client that waits
# for itself is among them, and would keep the pod for ever.
_free() {
  _connections=/tmp/.sluice-fuse
  [ -n "$_devices" ] && mkdir -p "$_connections" && mount -t fusectl sluice "$_connections" || return
  _find_waiting && sleep 1 && _find_waiting && for _device in $_waited_for; do
    echo 1 >"$_connections/$_device/abort"
  done
  umount "$_connections"
} 2>/dev/null

_done_with() {
  [ -r "$SLUICE_END_FILE" ] && read -r _names <"$SLUICE_END_FILE"
  case " $_names " in
    *" ${SLUICE_CONTAINER:--} "*) ;;
    *) return 1 ;;
  esac
}

_look=10
[ -z "$SLUICE_END_FILE" ] || _look=1
while [ -z "$_stop" ] && ! _done_with; do
  sleep "$_look" &
  [ -n "$_stop" ] || wait "$!"
done
trap '' TERM INT QUIT
_done_with || sleep "${SLUICE_HOLD_SECONDS:-0}"
set -f
_devices=
for _round in 1 2 3 4 5; do
  _clear "$@" && break
done
[ -z "$_points" ] || echo "sluice: mounts are left below $*" >&2
_free
exit 0
