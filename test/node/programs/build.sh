#!/usr/bin/env bash
# Prints the path of a folder with the programs of a node: kubelet, containerd, containerd-shim-runc-v2, ctr, runc,
# catatonit, the CNI plugins bridge, loopback and host-local, busybox (static), redis-server, juicefs (static). Builds
# those in Go from their modules on first use, into a cache folder outside of the repository (4 to 8 minutes on two
# cores, 300 MB), takes the others from Debian; what it does goes to standard error.
#   --if-built             do not build: end with status 1 where something is missing
#   SLUICE_NODE_PROGRAMS   a folder that holds all of them, to take instead
set -euo pipefail

# Kubernetes' version is that of the control plane; a change of any other changes the last number.
version=v1.36.3-1
programs="kubelet containerd containerd-shim-runc-v2 ctr runc catatonit bridge loopback host-local busybox redis-server juicefs"
sources=$(cd "$(dirname "$0")" && pwd)

missing_in() {
  for program in $programs; do
    [ -x "$1/$program" ] || printf ' %s' "$program"
  done
}

if [ -n "${SLUICE_NODE_PROGRAMS:-}" ]; then
  missing=$(missing_in "$SLUICE_NODE_PROGRAMS")
  if [ -n "$missing" ]; then
    echo "SLUICE_NODE_PROGRAMS=$SLUICE_NODE_PROGRAMS lacks$missing" >&2
    exit 1
  fi
  echo "$SLUICE_NODE_PROGRAMS"
  exit
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/node-$version
if [ -d "$cache" ] && [ -z "$(missing_in "$cache")" ]; then
  echo "$cache"
  exit
fi
if [ "${1:-}" = --if-built ]; then
  echo "no programs for a node $version yet: run test/node/programs/build.sh" >&2
  exit 1
fi
for tool in go gcc; do
  command -v "$tool" >/dev/null || {
    echo "the programs of a node cannot be built: there is no $tool; or name a folder with $programs in SLUICE_NODE_PROGRAMS" >&2
    exit 1
  }
done

mkdir -p "$(dirname "$cache")"
work=$(mktemp -d "$cache.XXXXXX")
log=$work.log
trap 'rm -rf "$work" "$log"' EXIT
chmod 755 "$work"
begun=$SECONDS

say() { echo "programs of a node: $*" >&2; }

# Runs a command with its output kept, and tells every 30 s that it is still at it.
run() {
  local what=$1 since=$SECONDS
  shift
  say "$what"
  "$@" >"$log" 2>&1 &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    [ $(((SECONDS - since) % 30)) != 0 ] || say "$what: $((SECONDS - since)) s"
  done
  wait "$pid" || {
    cat "$log" >&2
    say "$what: failed"
    exit 1
  }
}

# Fetches and compiles, in a module's folder: go build with the given arguments.
compile() {
  local module=$1
  shift
  cd "$module"
  nice go build -mod=readonly -trimpath "$@"
}

# Copies a program of a Debian package, which is installed if it is not there.
from_debian() {
  local package=$1 program=$2 name=$3
  command -v "$program" >/dev/null || install_package "$package"
  cp "$(command -v "$program")" "$work/$name"
}

install_package() {
  command -v apt-get >/dev/null || {
    say "$1 is missing, and there is no apt-get to install it"
    exit 1
  }
  run "installing $1" sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends '$1'"
}

# The package conflicts with the busybox that may be installed, so it is only unpacked.
static_busybox() {
  if ! ldd "$(command -v busybox)" >/dev/null 2>&1 && command -v busybox >/dev/null; then
    cp "$(command -v busybox)" "$work/busybox"
    return
  fi
  mkdir "$work/unpack"
  run "fetching busybox-static" sh -c "cd '$work/unpack' && { apt-get download busybox-static || { apt-get update -qq && apt-get download busybox-static; }; } && dpkg-deb -x busybox-static_*.deb ."
  find "$work/unpack" -path '*/bin/busybox' -exec cp {} "$work/busybox" \;
  rm -rf "$work/unpack"
}

from_debian runc runc runc
from_debian catatonit catatonit catatonit
# The server is this program under another name; its own package would start a service.
from_debian redis-tools redis-check-rdb redis-server
static_busybox

stamp=k8s.io/component-base/version
export CGO_ENABLED=0
run "kubelet, 1 to 4 minutes" compile "$sources/../../e2e/control-plane" -p 2 -o "$work/kubelet" \
  -ldflags "-s -w -X $stamp.gitVersion=${version%-*} -X $stamp.gitMajor=1 -X $stamp.gitMinor=36" k8s.io/kubernetes/cmd/kubelet
run "CNI plugins" compile "$sources/cni" -o "$work/" -ldflags '-s -w' tool
run "containerd, 1 minute" compile "$sources/containerd" -o "$work/" -ldflags '-s -w' \
  -tags 'no_btrfs no_zfs no_devmapper no_aufs' tool
export CGO_ENABLED=1
stores=nocos,nobos,nohdfs,noibmcos,noobs,nooss,noqingstor,noswift,noazure,nogs,noufile,nob2,nonfs,nodragonfly
engines=nosqlite,nomysql,nopg,notikv,nobadger,noetcd
run "juicefs, 1 to 2 minutes" compile "$sources/juicefs" -o "$work/juicefs" -tags "nogateway,nowebdav,$stores,$engines" \
  -ldflags '-s -w -linkmode external -extldflags -static' github.com/juicedata/juicefs

missing=$(missing_in "$work")
[ -z "$missing" ] || {
  say "were not built:$missing"
  exit 1
}
# A whole folder appears at once, also when two builds run side by side.
[ ! -d "$cache" ] || rm -rf "$cache"
mv -T "$work" "$cache" 2>/dev/null || [ -z "$(missing_in "$cache")" ]
say "built in $((SECONDS - begun)) s: $cache"
echo "$cache"
