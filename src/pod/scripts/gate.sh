# postStart hook of a client: waits until its views are served, so that the app need not wait for
# the kubelet's next try. The links alone keep the app out, so this one always ends well.
# sh -c GATE sluice-gate SECONDS VIEW...
trap 'exit 0' TERM INT QUIT
_step=0.1
sleep 0.1 2>/dev/null || _step=1
# Sets _up, in hundredths of a second: on a busy node the waits alone would say too little.
_now() {
  read -r _up _ </proc/uptime
  _up=${_up%.*}${_up#*.}
}
_now
_end=$((_up + $1 * 100))
shift
for _view do
  # -n: never into the directory that a link served meanwhile leads to.
  [ -L "$_view" ] || ln -sn .waiting "$_view" 2>/dev/null
done
for _view do
  while [ "$(readlink "$_view")" = .waiting ] && _now && [ "$_up" -lt "$_end" ]; do
    sleep "$_step" &
    wait "$!"
  done
done
exit 0
