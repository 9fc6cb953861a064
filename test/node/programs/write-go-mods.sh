#!/bin/sh
# Writes go.mod and go.sum of the three modules anew: sh write-go-mods.sh. The only content of each is its
# dependencies: the programs that a node runs beside the kubelet, which comes from ../../e2e/control-plane.
set -eu
cd "$(dirname "$0")"
containerd=v2.2.1
plugins=v1.9.1
juicefs=v1.3.1

begin() {
  rm -f "$1/go.mod" "$1/go.sum"
  printf '// Written by write-go-mods.sh.\nmodule sluice.io/node/%s\n\ngo 1.26.0\n' "$1" >"$1/go.mod"
}

begin containerd
module=github.com/containerd/containerd/v2/cmd
(
  cd containerd
  go get -tool "$module/containerd@$containerd" "$module/containerd-shim-runc-v2@$containerd" "$module/ctr@$containerd"
)

begin cni
module=github.com/containernetworking/plugins/plugins
(
  cd cni
  go get -tool "$module/main/bridge@$plugins" "$module/main/loopback@$plugins" "$module/ipam/host-local@$plugins"
)

# JuiceFS is built from forks of some libraries, one of which the checksum database does not know.
GONOSUMDB='github.com/juicedata/*,gitea.com/davies/*'
export GONOSUMDB
begin juicefs
module=github.com/juicedata/juicefs
own=$(cd juicefs && go mod download -json "$module@$juicefs" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
{
  printf '\nrequire %s %s\n\ntool %s\n\n' "$module" "$juicefs" "$module"
  grep '^replace' "$own"
} >>juicefs/go.mod
(cd juicefs && go mod tidy)
