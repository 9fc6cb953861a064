# Process 1 of a client's container: runs the client, serves its mount to the app as views, starts it
# again when it dies, ends it on TERM. The steps and their reasons: docs of the layout "healing views".
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
#
# Names begin with _ because the client inherits the environment.
_s=
trap '_term=1; [ -z "$_s" ] || kill "$_s"' TERM INT QUIT
trap '_late=1' USR1
# Only so that a client's end interrupts wait.
trap : CHLD
_term= _late= _end= _client= _group= _dev= _up= _probe= _statfs= _root= _opts=
_n=0 _i=0 _next=0 _delay=0 _again=0 _wait=0 _bad=0 _hang=0 _quick=600 _since=0 _stage=0 _kills=0 _adj=

_log() { printf 'sluice: %s\n' "$*" >&2; }

_now() {
  read -r _t _ </proc/uptime
  _t=${_t%.*}
}

# Sleeps, but not longer than the client lives or TERM stays away.
_pause() {
  _was=$_term
  sleep "$1" &
  _s=$!
  while [ "$_term" = "$_was" ] && kill -0 "$_s" && { [ -z "$_client" ] || kill -0 "$_client"; }; do
    wait "$_s"
  done 2>/dev/null
  kill "$_s" 2>/dev/null
  _s=
}

# Runs a command that may touch a mount which hangs: after so many seconds it is left behind.
_within() {
  _w=$1 _late=
  shift
  "$@" &
  _p=$!
  (
    trap 'kill "$!"; exit' TERM
    sleep "$_w" &
    wait "$!"
    kill -9 "$_p"
    kill -USR1 "$$"
  ) 2>/dev/null &
  _k=$!
  while
    wait "$_p"
    _rc=$?
    kill -0 "$_p" 2>/dev/null && [ -z "$_late" ]
  do :; done
  # A signal may have come between the end and the news of it.
  [ "$_rc" -lt 129 ] || [ -n "$_late" ] || { wait "$_p"; _rc=$?; }
  kill "$_k" 2>/dev/null
  return "$_rc"
}

# The path $1 as mountinfo writes it.
_encode() {
  _r=$1 _e=
  while [ -n "$_r" ]; do
    _c=${_r%"${_r#?}"}
    _r=${_r#?}
    case $_c in
      ' ') _c='\040' ;;
      '	') _c='\011' ;;
      \\) _c='\134' ;;
    esac
    _e=$_e$_c
  done
}

# Reads the uppermost mounts at the paths in $_want; of the one at $_me, if its type is right, the
# device, the root and the options.
_scan() {
  _dev= _tops=
  while read -r _ _ _d _x _p _o _r; do
    case $_want in
      *" $_p "*) ;;
      *) continue ;;
    esac
    _tops="$_tops $_p $_d"
    [ "$_p" = "$_me" ] || continue
    _r=${_r#*- } _dev=
    for _c in ${SLUICE_FILE_SYSTEMS:-fuse}; do
      case ${_r%% *} in
        "$_c" | "$_c".*) _dev=$_d _root=$_x _opts=$_o ;;
      esac
    done
  done </proc/self/mountinfo
}

# Does the mount answer? statfs is never answered from the kernel's cache; 3: not known, but a stat was.
_ask() { stat -f "$_m" >/dev/null 2>&1 || { [ -d "$_m/." ] && return 3; }; }

_detach() {
  while
    _scan
    # What another container's client has mounted over a dead one is alive.
    [ -n "$_dev" ] && { [ "$_own" != 0 ] || [ "$_dev" = "$_up" ]; } && _within 5 umount -l "$_m"
  do :; done
}

_oom() {
  for _c in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$_c" ] && while read -r _x _r; do
      [ "$_x" != oom_kill ] || [ "$_r" = "$_kills" ] || _log "out of memory: $_r processes killed in this container"
      [ "$_x" != oom_kill ] || _kills=$_r
    done <"$_c"
  done
}

_reap() {
  [ -n "$_client" ] && ! kill -0 "$_client" 2>/dev/null || return 0
  wait "$_client"
  _log "client ended with status $?"
  _client= _probe= _bad=0 _quick=20
  _oom
}

# Ends the client within $1 seconds: itself first, then what is left of its process group.
_stop() {
  [ -n "$_group" ] || return 0
  _now
  _until=$((_t + $1)) _told= _all=
  [ -z "$_client" ] || kill -15 "$_client" 2>/dev/null
  while :; do
    _reap
    _scan
    _now
    if [ -z "$_client" ]; then
      if ! kill -0 "-$_group" 2>/dev/null; then
        # A daemon outside of the group may serve the mount.
        [ -n "$_dev" ] && [ "$$" = 1 ] && _within 1 _ask || break
        [ -n "$_all" ] || kill -15 -1
        _all=1
      elif [ -z "$_told" ]; then
        kill -15 "-$_group"
        _told=1
      fi
    fi
    if [ "$SLUICE_CLIENT_STOP" = detach ] && [ -z "$_dev" ]; then
      _pause "$_step"
      _pause "$_step"
      break
    fi
    [ "$_t" -lt "$_until" ] || {
      _log "client has not ended in time: killed"
      break
    }
    _pause "$_step"
  done
  kill -9 "-$_group" 2>/dev/null || [ -z "$_client" ] || kill -9 "$_client"
  _client= _group=
}

_restart() {
  _log "$1"
  _detach
  _stop 2
  _now
  _up= _probe= _bad=0 _quick=20 _next=$((_t + _delay))
  [ "$_delay" = 0 ] || _log "next start in $_delay s"
  _delay=$((_delay > 14 ? 30 : _delay * 2 + (_delay == 0)))
}

# Makes the directories of the sub path $1, as the kubelet does with the mode of the volume's root.
_make() {
  _mode=$(stat -c %a "$_m") _base=$_m
  cd -P "$_m" || return
  set -f
  IFS=/
  for _c in $1; do
    [ -n "$_c" ] || continue
    # Here the dataset begins, and nothing is made elsewhere.
    [ "$_c" != . ] || _base=$(pwd -P)
    mkdir -m "${_mode:-755}" "./$_c" 2>/dev/null
    cd -P "./$_c" || return
    case $(pwd -P)/ in
      "$_base"/*) ;;
      *) return 1 ;;
    esac
  done
}

_fail() {
  [ "$_old" = "$1" ] || _log "view $_v: $2"
  exit "$1"
}

_bind() {
  _c=$(mount --bind "$1" "$2" 2>&1) || _fail 5 "cannot be mounted, tried again: $_c"
}

# Lays the mount over the view. Runs in a subshell; its status is the reason.
_lay() {
  _was=$_dev _base=$_root _me=$_st _want=" $_st "
  if [ "$_top" != "$_dev" ]; then
    [ -e "$_m/." ] || exit 2
    if ! [ -e "$_m/$_src" ]; then
      [ "$_mode" = rw ] || _fail 3 "$_src does not exist in the dataset, made only where writable"
      (_make "$_src") || _fail 3 "$_src does not exist in the dataset and cannot be made there"
    fi
    if [ -d "$_m/$_src" ]; then
      mkdir "$_st"
      mkdir "$_dir" 2>/dev/null
    else
      # Never truncates: a file of the dataset may be mounted there.
      set -C
      (: >"$_st")
      (: >"$_dir") 2>/dev/null
    fi
    case $_src in
      */./*)
        _bind "$_m/${_src%%/./*}" "$_st"
        _scan
        case $_dev$_root/ in
          "$_was${_base%/}"/*) _base=$_root ;;
          *) _fail 4 "${_src%%/./*} leads out of the dataset: refused" ;;
        esac
        umount -l "$_st"
        ;;
    esac
    _bind "$_m/$_src" "$_st"
    _scan
    case $_dev$_root/ in
      "$_was${_base%/}"/*) ;;
      *) _fail 4 "$_src leads out of the dataset: refused" ;;
    esac
    if [ "$_mode" = ro ]; then
      # All other flags (nosuid, nodev) have to be named again.
      mount -o "remount,bind,ro${_opts#r?}" "$_st"
      _scan
      case $_opts in
        ro*) ;;
        *) _fail 5 "cannot be made read-only" ;;
      esac
    fi
    _bind "$_st" "$_dir"
  fi
  [ "$(readlink "$_v")" = "${_dir##*/}" ] || {
    ln -sfn "${_dir##*/}" "$_dir.new"
    mv -fT "$_dir.new" "$_v" 2>/dev/null || mv -f "$_dir.new" "$_v"
  } || _fail 6 "its link cannot be made"
}

_views() {
  _later= _i=0
  while [ "$_i" -lt "$_n" ]; do
    eval "_v=\$_v$_i _src=\$_s$_i _mode=\$_a$_i _e=\$_e$_i _old=\$_c$_i"
    _i=$((_i + 1)) _dir=${_v%/*}/.${_v##*/}
    case "$_tops " in
      *" $_e "*) _top=${_tops##*" $_e "} ;;
      *) _top= ;;
    esac
    _top=${_top%% *}
    # Once for each mount: what the guard has taken off stays off.
    [ "$_old" != "$_dev" ] || continue
    _stage=$((_stage + 1)) _st=$_work/$_stage
    _within 10 _lay
    _rc=$?
    if [ "$_rc" = 0 ]; then
      _log "view $_v is served"
      _rc=$_dev
    else
      _later=1
    fi
    eval "_c$((_i - 1))=\$_rc"
    while umount -l "$_st" 2>/dev/null; do :; done
    rmdir "$_st" 2>/dev/null || rm -f "$_st"
  done
  _again=0
  [ -z "$_later" ] || _again=$((_t + _wait)) _wait=$((_wait > 4 ? 10 : _wait * 2 + 1))
}

sleep 0.01 2>/dev/null && _step=0.1 || _step=1
read -r _adj </proc/self/oom_score_adj
{ echo -1000 >/proc/self/oom_score_adj; } 2>/dev/null

# The path without links, as mountinfo has it, and without touching what may be mounted there.
_m=${1%/}
mkdir -p "${_m%/*}/"
_c=$(cd -P "${_m%/*}/" && pwd -P)
_m=${_c%/}/${_m##*/}
_encode "$_m"
_me=$_e _want=" $_e "
shift
while [ "$1" != -- ]; do
  _encode "${1%/*}/.${1##*/}"
  eval "_v$_n=\$1 _s$_n=\$2 _a$_n=\$3 _e$_n=\$_e _c$_n="
  _n=$((_n + 1)) _want="$_want$_e "
  [ -L "$1" ] || ln -sn .waiting "$1"
  shift 3
done
shift

_own=$#
# What is mounted for a moment below these must not be seen by any other container.
mount --make-private / 2>/dev/null
for _work in /run /tmp /dev; do
  _work=$_work/.sluice
  mkdir -p "$_work" && mount -t tmpfs -o size=64k,mode=700 sluice "$_work" && mount --make-private "$_work" && break
done
[ "$_own" = 0 ] || _detach
_within 5 mkdir -p "$_m"
_oom

while :; do
  _now
  if [ -n "$_term" ]; then
    [ -n "$_end" ] || _end=$((_t + ${SLUICE_HOLD_SECONDS:-0} + (${SLUICE_HOLD_SECONDS:-0} > 0)))
    [ "$_t" -lt "$_end" ] || break
  fi
  _reap
  _scan
  if [ -n "$_dev" ] && [ "$_dev" != "$_up" ]; then
    _log "mounted at $_m"
    _up=$_dev _since=$_t _bad=0 _hang=0 _probe= _statfs= _again=0 _wait=0 _quick=20
  elif [ -n "$_dev" ]; then
    if [ -n "$_probe" ] && kill -0 "$_probe" 2>/dev/null; then
      _hang=$((_hang + 1))
      [ "$_hang" != 30 ] || _log "$_m does not answer"
    elif [ -n "$_probe" ]; then
      wait "$_probe"
      case $?$_statfs in
        0*) _statfs=1 _bad=0 ;;
        3) _bad=0 ;;
        *) _bad=$((_bad + 1)) ;;
      esac
      _probe= _hang=0
      # The process may still be there, and may put things right by itself.
      if [ "$_bad" -gt 1 ] || { [ "$_bad" = 1 ] && [ -z "$_client" ] && [ "$_own" != 0 ]; }; then
        _restart "the mount at $_m is dead"
        continue
      fi
    fi
    [ "$((_t - _since))" -lt 60 ] || _delay=0
  elif [ -n "$_up" ]; then
    _bad=$((_bad + 1))
    if [ "$_bad" -gt 2 ] || [ -z "$_client" ]; then
      _restart "the mount at $_m is gone"
      continue
    fi
  elif [ -z "$_client" ] && [ -n "$_group" ]; then
    _restart "client ended without a mount at $_m"
    continue
  elif [ "$_own" != 0 ] && [ -z "$_client" ] && [ "$_t" -ge "$_next" ]; then
    _c=$(command -v setsid)
    (
      { echo "$_adj" >/proc/self/oom_score_adj; } 2>/dev/null
      exec ${_c:+setsid} "$@"
    ) &
    _client=$! _group=$! _quick=600
    _log "client started"
  fi
  if [ -n "$_dev" ]; then
    [ -n "$_probe" ] || {
      _ask &
      _probe=$!
    }
    [ "$_t" -lt "$_again" ] || _views
  fi
  if [ "$_quick" -gt 0 ]; then
    _quick=$((_quick - 1))
    [ "$_quick$_dev" != 0 ] || [ -z "$_client" ] || _log "client has not mounted at $_m yet"
    _pause "$_step"
  else
    _pause 1
  fi
done

_end=$((_t + ${SLUICE_STOP_SECONDS:-25}))
[ -z "$SLUICE_PRE_STOP" ] || [ -z "$_group" ] || _within "${SLUICE_STOP_SECONDS:-25}" sh -c "$SLUICE_PRE_STOP"
_now
_stop "$((_end > _t ? _end - _t : 0))"
[ "$_own" = 0 ] || _detach
umount -l "$_work" 2>/dev/null
exit 0
