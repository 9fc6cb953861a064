# The client of a JuiceFS volume: formats or logs in, sets a quota if there is none yet, then mounts.
#
# sh -c CLIENT sluice-juicefs COMMAND... -- COMMAND
#   init WORD...                  to be run before the mount; its failure is the client's
#   quota PROGRAM SOURCE PATH GB  to be set once the mount has made PATH, unless there is one
#   WORD...                       the last command: the mount
# A word is taken as it is, but for these, and none ever becomes text of a shell:
#   @NAME        the value of a variable of the environment
#   @NAME=FLAG   FLAG=value
#   ,NAME        of a variable that holds a comma list: --ENTRY for each
#   =WORD        WORD, which begins like one of these
_quota=

_log() { printf 'sluice: %s\n' "$*" >&2; }

_newline='
'

# Sets _value to that of the variable $1; not every image has printenv. Newlines at its end are none of it: many a Secret
# is made from a file with one.
_read_variable() {
  case $1 in
    '' | [0-9]* | *[!A-Za-z0-9_]*) _value= ;;
    *) eval "_value=\${$1}" ;;
  esac
  while [ "$_value" != "${_value%"$_newline"}" ]; do
    _value=${_value%"$_newline"}
  done
}

# Reads whether there is a quota on $3, and sets it if there is none. The directory comes with the mount.
_set_quota() {
  _tries=30
  while ! "$1" quota get "$2" --path "$3" && ! "$1" quota set "$2" --path "$3" --capacity "$4"; do
    _tries=$((_tries - 1))
    [ "$_tries" -gt 0 ] || {
      _log "the quota of $3 could not be set"
      return
    }
    sleep 2
  done >/dev/null 2>&1
}

_first=1
for _word do
  [ -z "$_first" ] || set --
  _first=
  case $_word in
    --)
      case $1 in
        init)
          shift
          "$@" || {
            _status=$?
            _log "$1 $2 ended with status $_status, so the volume is not mounted"
            exit "$_status"
          }
          ;;
        quota) _quota=1 _program=$2 _source=$3 _path=$4 _capacity=$5 ;;
      esac
      set --
      ;;
    =*) set -- "$@" "${_word#=}" ;;
    @*=*)
      _name=${_word%%=*}
      _read_variable "${_name#@}"
      set -- "$@" "${_word#*=}=$_value"
      ;;
    @*)
      _read_variable "${_word#@}"
      set -- "$@" "$_value"
      ;;
    ,*)
      _read_variable "${_word#,}"
      while [ -n "$_value" ]; do
        _entry=${_value%%,*}
        case $_value in
          *,*) _value=${_value#*,} ;;
          *) _value= ;;
        esac
        _entry=${_entry#"${_entry%%[! ]*}"}
        _entry=${_entry%"${_entry##*[! ]}"}
        [ -z "$_entry" ] || set -- "$@" "--$_entry"
      done
      ;;
    *) set -- "$@" "$_word" ;;
  esac
done
[ -z "$_quota" ] || _set_quota "$_program" "$_source" "$_path" "$_capacity" &
exec "$@"
