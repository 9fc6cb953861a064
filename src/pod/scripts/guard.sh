# First to start and last to stop: takes every layer off what is mounted below the given directories,
# so that the kubelet finds nothing live to delete and nothing dead to stumble over.
# sh -c GUARD sluice-guard DIRECTORY...
# SLUICE_HOLD_SECONDS  how long after TERM it leaves everything as it is (default: 0)
# SLUICE_END_FILE      names, between blanks, the containers that nobody needs any more (default: no such file)
# SLUICE_CONTAINER     the name by which this one stands there; whoever writes it has seen all clients end
# Before the traps, or a TERM that comes in between is forgotten.
stop= names=
# The kill closes the gap between a look at $stop and the wait.
trap 'stop=1; kill "$!" 2>/dev/null' TERM INT QUIT
trap 'late=1' USR1

# An umount of something that hangs must not hold up the others.
within() {
  late=
  "$@" 2>/dev/null &
  child=$!
  (
    sleep 1
    kill -9 "$child"
    kill -USR1 "$$"
  ) 2>/dev/null &
  killer=$!
  wait "$child" 2>/dev/null
  set -- "$?"
  kill -9 "$killer" 2>/dev/null
  [ -z "$late" ] && return "$1"
}

# mountinfo writes a blank as \040, a backslash as \134, and so on.
decode() {
  rest=$1 point=
  while :; do
    case $rest in
      *\\*) ;;
      *) break ;;
    esac
    point=$point${rest%%\\*}
    rest=${rest#*\\}
    code=${rest%"${rest#???}"}
    rest=${rest#???}
    code=$(printf "\\$code.")
    point=$point${code%.}
  done
  point=$point$rest
}

# The latest mount stands last in the list and is never below an earlier one.
clear() {
  points=
  while read -r _ _ device _ point _; do
    decode "$point"
    for directory do
      case $point in
        "${directory%/}"/*)
          points="$point
$points"
          devices="$devices ${device#*:}"
          ;;
      esac
    done
  done </proc/self/mountinfo
  IFS='
'
  # At once, for at the end of a grace period two seconds are left; those that resist one by one.
  [ -z "$points" ] || within umount $points || for point in $points; do
    within umount "$point" || within umount -l "$point"
  done
  unset IFS
  [ -z "$points" ]
}

# Does anybody wait for an answer from one of these FUSE devices? Sets waited_for.
find_waiting() {
  waited_for=
  for device in $devices; do
    read -r count <"$connections/$device/waiting" && [ "$count" != 0 ] && waited_for="$waited_for $device"
  done
  [ -n "$waited_for" ]
} 2>/dev/null

# Whoever was killed while waiting for a client that will not answer ends only when that is aborted; a client that waits
# for itself is among them, and would keep the pod for ever.
free() {
  connections=/tmp/.sluice-fuse
  [ -n "$devices" ] && mkdir -p "$connections" && mount -t fusectl sluice "$connections" || return
  find_waiting && sleep 1 && find_waiting && for device in $waited_for; do
    echo 1 >"$connections/$device/abort"
  done
  umount "$connections"
} 2>/dev/null

done_with() {
  [ -r "$SLUICE_END_FILE" ] && read -r names <"$SLUICE_END_FILE"
  case " $names " in
    *" ${SLUICE_CONTAINER:--} "*) ;;
    *) return 1 ;;
  esac
}

look=10
[ -z "$SLUICE_END_FILE" ] || look=1
while [ -z "$stop" ] && ! done_with; do
  sleep "$look" &
  [ -n "$stop" ] || wait "$!"
done
trap '' TERM INT QUIT
done_with || sleep "${SLUICE_HOLD_SECONDS:-0}"
set -f
devices=
for round in 1 2 3 4 5; do
  clear "$@" && break
done
[ -z "$points" ] || echo "sluice: mounts are left below $*" >&2
free
exit 0
