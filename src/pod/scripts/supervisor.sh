# Process 1 of a client's container: runs the client, serves its mount to the app as views, starts it again when it
# dies, ends it on TERM. What views, guard and gate are: docs/architecture.md. For dash and busybox, no bashisms.
#
# sh -c SUPERVISOR sluice-supervisor MOUNT (VIEW SOURCE ro|rw)... -- CLIENT...
#   MOUNT   where the client mounts. Without a CLIENT it runs in another container and shares MOUNT.
#   VIEW    a link on the shared volume; it dangles until the directory .NAME beside it is served.
#   SOURCE  path below MOUNT. What stands before a "/./" in it is where the dataset begins.
# SLUICE_FILE_SYSTEMS  types that MOUNT may have, "fuse" also means fuse.* (default: fuse)
# SLUICE_CLIENT_STOP   wait: until the client has ended; detach: kill it once its mount is gone (default: wait)
# SLUICE_STOP_SECONDS  how long the client is waited for after TERM (default: 25)
# SLUICE_HOLD_SECONDS  how long after TERM the client is left as it is (default: 0)
# SLUICE_PRE_STOP      shell line to run before the client gets TERM
# SLUICE_END_FILE      names, between blanks, the containers that nobody needs any more (default: no such file)
# SLUICE_CONTAINER     the name by which this one stands there
#
# All variables are global, for sh knows no others. Their names begin with _ because the client inherits the
# environment. Times are in seconds since the node has started, devices as major:minor. Those that live long:
#   _mount _mount_escaped    MOUNT, and MOUNT as mountinfo writes it
#   _wanted                  what _read_mounts looks for: MOUNT and the views' directories, each between blanks
#   _own                     empty if the client runs in another container
#   _client _group           the client's process, and its process group, which may outlive it; empty: none
#   _device _root _options   of the mount at MOUNT, as _read_mounts has found it; _device is empty: none
#   _layers                  " DIRECTORY DEVICE" for all that is laid on the views' directories
#   _served                  device of the mount that is being served, and _since when; empty: none
#   _look _failed _hung      process that asks whether this mount answers; how many of these have failed in a row, and
#                            how often the present one was still waiting; _statfs: not empty once it has answered fully
#   _states                  of each view, in their order: the device it was served from, or the status of _lay_view
#   _views_due _views_delay  when those that have failed are tried again, and how long after the next time
#   _start_due _backoff      when the client may be started again, and how long after the next time
#   _tick _ticks             a short wait, in seconds, and how many of them there are before waits become long
#   _term _term_end          TERM has come; until when the client is left as it is
#   _work _staged            private directory in which views are staged, and how many were

# Before the traps, or a TERM that comes in between is forgotten.
_term= _sleep=
trap '_term=1; [ -z "$_sleep" ] || kill "$_sleep"' TERM INT QUIT
trap '_late=1' USR1
# Only so that a client's end interrupts wait.
trap : CHLD
_term_end= _names= _client= _group= _served= _states= _start_due=0 _backoff=0 _ticks=600 _staged=0 _oom_kills=0
_hold=${SLUICE_HOLD_SECONDS:-0} _stop=${SLUICE_STOP_SECONDS:-25}

_log() { printf 'sluice: %s\n' "$*" >&2; }

_alive() { kill -0 "$1" 2>/dev/null; }

# Sets _now.
_read_clock() {
  read -r _now _ </proc/uptime
  _now=${_now%.*}
}

# Sleeps $1 seconds, but not longer than the client lives or TERM stays away.
_pause() {
  _before=$_term
  sleep "$1" &
  _sleep=$!
  while [ "$_term" = "$_before" ] && _alive "$_sleep" && { [ -z "$_client" ] || _alive "$_client"; }; do
    wait "$_sleep"
  done 2>/dev/null
  kill "$_sleep" 2>/dev/null
  _sleep=
}

# Runs a command that may touch a mount which hangs: after $1 seconds it is left behind. Its status is the command's.
_within() {
  _limit=$1 _late=
  shift
  "$@" &
  _child=$!
  (
    # Not TERM, which is lost where it comes before this line: the trap of the whole script would take it.
    trap 'kill "$!"; exit' ALRM
    sleep "$_limit" &
    wait "$!"
    kill -9 "$_child"
    kill -USR1 "$$"
  ) 2>/dev/null &
  _killer=$!
  while
    wait "$_child"
    _status=$?
    _alive "$_child" && [ -z "$_late" ]
  do :; done
  # A signal may have come between the end and the news of it.
  [ "$_status" -lt 129 ] || [ -n "$_late" ] || { wait "$_child"; _status=$?; }
  kill -14 "$_killer" 2>/dev/null
  return "$_status"
}

# Sets _escaped to the path $1 as mountinfo writes it.
_escape() {
  _rest=$1 _escaped=
  while [ -n "$_rest" ]; do
    _char=${_rest%"${_rest#?}"}
    _rest=${_rest#?}
    case $_char in
      ' ') _char='\040' ;;
      '	') _char='\011' ;;
      \\) _char='\134' ;;
    esac
    _escaped=$_escaped$_char
  done
}

# Looks for the uppermost mount at the path $1, by default at MOUNT. Sets _device, _root and _options, if its type is
# right, and _layers to "PATH DEVICE" of all that is mounted at the paths in _wanted, the uppermost of each last.
_read_mounts() {
  _device= _layers=
  while read -r _ _ _d _r _point _o _type; do
    case "$_wanted$1 " in
      *" $_point "*) ;;
      *) continue ;;
    esac
    _layers="$_layers $_point $_d"
    [ "$_point" = "${1:-$_mount_escaped}" ] || continue
    _type=${_type#*- } _device=
    for _t in ${SLUICE_FILE_SYSTEMS:-fuse}; do
      case ${_type%% *} in
        "$_t" | "$_t".*) _device=$_d _root=$_r _options=$_o ;;
      esac
    done
  done </proc/self/mountinfo
}

# Does the mount answer? statfs is never answered from the kernel's cache; 3: not known, but a stat was.
_ask() { stat -f "$_mount" >/dev/null 2>&1 || { [ -d "$_mount/." ] && return 3; }; }

# Takes off what is mounted at MOUNT; leaves _device empty if that has succeeded.
_detach() {
  while
    _read_mounts
    # What another container's client has mounted over a dead one is alive.
    [ -n "$_device" ] && { [ -n "$_own" ] || [ "$_device" = "$_served" ]; } && _within 5 umount -l "$_mount"
  do :; done
}

# Says in the log when the kernel has killed for want of memory: the kubelet does not see it while this process lives.
_report_oom() {
  for _file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$_file" ] && while read -r _key _count; do
      [ "$_key" = oom_kill ] && [ "$_count" != "$_oom_kills" ] || continue
      _log "out of memory: $_count processes killed in this container"
      _oom_kills=$_count
    done <"$_file"
  done
}

# Empties _client if it has ended; its group may be left.
_reap() {
  [ -n "$_client" ] && ! _alive "$_client" || return 0
  wait "$_client"
  _log "client ended with status $?"
  _client= _look= _failed=0 _ticks=20
}

# Starts the client, given as arguments, if it is to be started, is due and has left no mount.
_start_client() {
  [ -n "$_own" ] && [ -z "$_client$_device$_served" ] && [ "$_now" -ge "$_start_due" ] || return
  while [ "$1" != -- ]; do shift 3; done
  shift
  _setsid=$(command -v setsid)
  (
    { echo "$_oom_score" >/proc/self/oom_score_adj; } 2>/dev/null
    exec ${_setsid:+setsid} "$@"
  ) &
  _client=$! _group=$! _ticks=600
  _log "client started"
}

# Was a process of the client killed that cannot end, because it waits in the kernel for the mount it serves itself?
_is_stuck() {
  for _proc in /proc/[0-9]*; do
    read -r _line <"$_proc/stat" || continue
    _line=${_line##*) }
    # state, parent, process group
    case ${_line#* * } in
      "$_group "*) ;;
      *) continue ;;
    esac
    case $_line in
      Z*) continue ;;
    esac
    # The ninth bit of what is pending is SIGKILL.
    while read -r _key _value; do
      case $_key$_value in
        S[ih]?Pnd:*[13579bdf]??) return ;;
      esac
    done <"$_proc/status"
  done 2>/dev/null
  return 1
}

# Fails all that waits for an answer from the device $1: nothing else ends what is stuck.
_abort() {
  _log "client was killed while it waited for its own mount: what waits is aborted"
  {
    mkdir "$_work/fuse" && mount -t fusectl sluice "$_work/fuse"
    echo 1 >"$_work/fuse/${1#*:}/abort"
  } 2>/dev/null
}

# Ends the client until the time $1: itself first, then what is left of its process group. Empties _client and _group.
_stop_client() {
  [ -n "$_group" ] || return 0
  _group_told= _all_told=
  [ -z "$_client" ] || kill "$_client" 2>/dev/null
  while :; do
    _reap
    _read_mounts
    _read_clock
    if [ -z "$_client" ]; then
      if ! _alive "-$_group"; then
        # A daemon outside of the group may serve the mount.
        [ -n "$_device" ] && [ "$$" = 1 ] && _within 1 _ask || break
        [ -n "$_all_told" ] || kill -15 -1
        _all_told=1
      elif [ -z "$_group_told" ]; then
        kill -15 "-$_group"
        _group_told=1
      fi
    fi
    if [ "$SLUICE_CLIENT_STOP" = detach ] && [ -z "$_device" ]; then
      _pause "$_tick"
      _pause "$_tick"
      break
    fi
    [ "$_now" -lt "$1" ] || {
      _log "client has not ended in time: killed"
      break
    }
    _pause "$_tick"
  done
  kill -9 "-$_group" 2>/dev/null || [ -z "$_client" ] || kill -9 "$_client"
  [ -z "$_served" ] || ! _is_stuck || _abort "$_served"
  _client= _group=
}

# Clears away the client and its mount because of _trouble. The more often, the later the next start is due.
_clear_away() {
  _log "$_trouble"
  _detach
  _read_clock
  _stop_client $((_now + 2))
  _read_clock
  _served= _look= _failed=0 _ticks=20 _start_due=$((_now + _backoff))
  [ "$_backoff" = 0 ] || _log "next start in $_backoff s"
  _backoff=$((_backoff > 14 ? 30 : _backoff * 2 + (_backoff == 0)))
}

# Takes note of a new mount, judges the known one by the last look at it, and begins the next look.
# Sets _trouble to why the client has to be started again; empty: it has not.
_look_after_mount() {
  _trouble=
  if [ -z "$_device" ]; then
    if [ -n "$_served" ]; then
      _failed=$((_failed + 1))
      [ "$_failed" -lt 3 ] && [ -n "$_client" ] || _trouble="the mount at $_mount is gone"
    elif [ -z "$_client" ] && [ -n "$_group" ]; then
      _trouble="client ended without a mount at $_mount"
    fi
    return
  fi
  if [ "$_device" != "$_served" ]; then
    _log "mounted at $_mount"
    _served=$_device _since=$_now _failed=0 _hung=0 _look= _statfs= _ticks=20
    _views_due=0 _views_delay=0
  elif [ -n "$_look" ] && _alive "$_look"; then
    _hung=$((_hung + 1))
    [ -z "$_group" ] || [ $((_hung % 3)) != 0 ] || ! _is_stuck || _abort "$_served"
    [ "$_hung" != 30 ] || _log "$_mount does not answer"
  elif [ -n "$_look" ]; then
    wait "$_look"
    # Once statfs was answered, nothing less is enough.
    case $?$_statfs in
      0*) _statfs=1 _failed=0 ;;
      3) _failed=0 ;;
      *) _failed=$((_failed + 1)) ;;
    esac
    _look= _hung=0
    # The process may still be there, and may put things right by itself.
    if [ "$_failed" -gt 1 ] || { [ "$_failed" = 1 ] && [ -z "$_client" ] && [ -n "$_own" ]; }; then
      _trouble="the mount at $_mount is dead"
      return
    fi
  fi
  [ $((_now - _since)) -lt 60 ] || _backoff=0
  [ -n "$_look" ] || {
    _ask &
    _look=$!
  }
}

# Makes the directories of _source, as the kubelet does with the mode of the volume's root. Runs in a subshell.
_make_source() {
  _perm=$(stat -c %a "$_mount") _base=$_mount
  cd -P "$_mount" || return
  set -f
  IFS=/
  for _part in $_source; do
    [ -n "$_part" ] || continue
    # Here the dataset begins, and nothing is made elsewhere.
    [ "$_part" != . ] || _base=$(pwd -P)
    mkdir -m "${_perm:-755}" "./$_part" 2>/dev/null
    cd -P "./$_part" || return
    case $(pwd -P)/ in
      "$_base"/*) ;;
      *) return 1 ;;
    esac
  done
}

# Ends _lay_view with the state $1; says why in the log unless it was the same the last time.
_fail() {
  [ "$_state" = "$1" ] || _log "view $_view: $2"
  exit "$1"
}

# Binds $1 to $2 for _lay_view.
_bind() {
  _error=$(mount --bind "$1" "$2" 2>&1) || _fail 5 "cannot be mounted, tried again: $_error"
}

# Binds the path $1 of the mount to _staging. Fails if that leads out of _dataset; sets _device, _root, _options.
_stage() {
  _bind "$_mount/$1" "$_staging"
  _read_mounts "$_staging"
  case $_device$_root/ in
    "${_dataset%/}"/*) ;;
    *) _fail 4 "$1 leads out of the dataset: refused" ;;
  esac
}

# Lays _source of the mount over _dir, unless its uppermost layer _top is that already, and lets the link _view lead
# there. Runs in a subshell; its status is 0 or the view's state. The mount itself is in _device and _root.
_lay_view() {
  # In words of mountinfo: what is staged belongs to the dataset if its device and root begin so.
  _dataset=$_device$_root
  if [ "$_top" != "$_device" ]; then
    [ -e "$_mount/." ] || exit 2
    if ! [ -e "$_mount/$_source" ]; then
      [ "$_mode" = rw ] || _fail 3 "$_source does not exist in the dataset, made only where writable"
      (_make_source) || _fail 3 "$_source does not exist in the dataset and cannot be made there"
    fi
    if [ -d "$_mount/$_source" ]; then
      mkdir "$_staging"
      mkdir "$_dir" 2>/dev/null
    else
      # Never truncates: a file of the dataset may be mounted there.
      set -C
      (: >"$_staging")
      (: >"$_dir") 2>/dev/null
    fi
    case $_source in
      */./*)
        _stage "${_source%%/./*}"
        _dataset=$_device$_root
        umount -l "$_staging"
        ;;
    esac
    _stage "$_source"
    if [ "$_mode" = ro ]; then
      # All other flags (nosuid, nodev) have to be named again.
      mount -o "remount,bind,ro${_options#r?}" "$_staging"
      _read_mounts "$_staging"
      case $_options in
        ro*) ;;
        *) _fail 5 "cannot be made read-only" ;;
      esac
    fi
    _bind "$_staging" "$_dir"
  fi
  [ "$(readlink "$_view")" = "${_dir##*/}" ] || {
    ln -sfn "${_dir##*/}" "$_dir.new"
    mv -fT "$_dir.new" "$_view" 2>/dev/null || mv -f "$_dir.new" "$_view"
  } || _fail 6 "its link cannot be made"
}

# Sets _dir to where the view $1 is laid, and _escaped to that as mountinfo writes it.
_name_dir() {
  _dir=${1%/*}/.${1##*/}
  _escape "$_dir"
}

# Makes the links of the views, given as arguments, which dangle until they are served. Adds their directories to
# _wanted; sets _own by what follows the views.
_prepare_views() {
  while [ "$1" != -- ]; do
    _name_dir "$1"
    _wanted="$_wanted$_escaped "
    [ -L "$1" ] || ln -sn .waiting "$1"
    shift 3
  done
  _own=${2+1}
}

# Serves one view: reads _view, _source and _mode, sets its _state, and _left if it could not be served.
_serve_view() {
  # Once for each mount: what the guard has taken off stays off.
  [ "$_state" != "$_device" ] || return
  _name_dir "$_view"
  # Empty if nothing is laid there: the list begins with a blank.
  _top=${_layers##*" $_escaped "}
  _top=${_top%% *}
  _staged=$((_staged + 1)) _staging=$_work/$_staged
  _within 10 _lay_view
  _state=$?
  if [ "$_state" = 0 ]; then
    _log "view $_view is served"
    _state=$_device
  else
    _left=1
    # What was left behind may lay it over the view yet: it is not to be empty then.
    [ "$_state" -lt 99 ] || return
  fi
  while umount -l "$_staging" 2>/dev/null; do :; done
  rmdir "$_staging" 2>/dev/null || rm -f "$_staging"
}

# Serves the views, given as arguments, if there is a mount. What fails is tried again, ever later; sets _states.
_serve_views() {
  [ -n "$_device" ] && [ "$_now" -ge "$_views_due" ] || return
  _views_due=0 _left= _old=$_states _states=
  while [ "$1" != -- ]; do
    _view=$1 _source=$2 _mode=$3 _state=${_old%% *} _old=${_old#* }
    shift 3
    _serve_view
    _states="$_states$_state "
  done
  [ -z "$_left" ] || _views_due=$((_now + _views_delay)) _views_delay=$((_views_delay > 4 ? 10 : _views_delay * 2 + 1))
}

# Waits a tick while something is expected to happen, a second when all is quiet.
_wait_for_look() {
  [ "$_ticks" -gt 0 ] || {
    _pause 1
    return
  }
  _ticks=$((_ticks - 1))
  [ "$_ticks$_device" != 0 ] || [ -z "$_client" ] || _log "client has not mounted at $_mount yet"
  _pause "$_tick"
}

# Does nobody need this container any more? Then there is nobody to hold on for either.
_is_done() {
  [ -r "$SLUICE_END_FILE" ] && read -r _names <"$SLUICE_END_FILE"
  case " $_names " in
    *" ${SLUICE_CONTAINER:--} "*) ;;
    *) return 1 ;;
  esac
}

# Has TERM come, and is the time over for which the client is left as it is?
_is_to_stop() {
  _is_done && return
  [ -n "$_term" ] || return
  [ -n "$_term_end" ] || _term_end=$((_now + _hold + (_hold > 0)))
  [ "$_now" -ge "$_term_end" ]
}

sleep 0.01 2>/dev/null && _tick=0.1 || _tick=1
read -r _oom_score </proc/self/oom_score_adj
{ echo -1000 >/proc/self/oom_score_adj; } 2>/dev/null

# The path without links, as mountinfo has it, and without touching what may be mounted there.
_mount=${1%/}
mkdir -p "${_mount%/*}/"
_parent=$(cd -P "${_mount%/*}/" && pwd -P)
_mount=${_parent%/}/${_mount##*/}
_escape "$_mount"
_mount_escaped=$_escaped _wanted=" $_escaped "
shift
_prepare_views "$@"

# What is mounted for a moment below these must not be seen by any other container.
mount --make-private / 2>/dev/null
for _work in /run /tmp /dev; do
  _work=$_work/.sluice
  mkdir -p "$_work" && mount -t tmpfs -o size=64k,mode=700 sluice "$_work" && mount --make-private "$_work" && break
done
[ -z "$_own" ] || _detach
_within 5 mkdir -p "$_mount"

until
  _read_clock
  _is_to_stop
do
  _reap
  # Not only when the client has ended: some start what was killed again by themselves.
  _report_oom
  _read_mounts
  _look_after_mount
  if [ -n "$_trouble" ]; then
    _clear_away
    continue
  fi
  _start_client "$@"
  _serve_views "$@"
  _wait_for_look
done

_end=$((_now + _stop))
[ -z "$SLUICE_PRE_STOP" ] || [ -z "$_group" ] || _within "$_stop" sh -c "$SLUICE_PRE_STOP"
_stop_client "$_end"
[ -z "$_own" ] || _detach
umount -l "$_work" 2>/dev/null
exit 0
