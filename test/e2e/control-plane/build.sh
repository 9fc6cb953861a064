#!/usr/bin/env bash
# Prints the path of a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl. Builds
# them from their Go modules on first use, into a cache folder outside of the repository (500 s of CPU, 430 MB); what
# it does goes to standard error.
#   --if-built          do not build: end with status 1 where there is none
#   KUBEBUILDER_ASSETS  a folder that holds all five, to take instead
set -euo pipefail

version=v1.36.3
programs="etcd kube-apiserver kube-controller-manager kube-scheduler kubectl"
sources=$(cd "$(dirname "$0")" && pwd)

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  missing=
  for program in $programs; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || missing="$missing $program"
  done
  if [ -z "$missing" ]; then
    echo "$KUBEBUILDER_ASSETS"
    exit
  fi
  echo "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks$missing (setup-envtest brings no scheduler): not used" >&2
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/control-plane-$version
if [ -x "$cache/kubectl" ]; then
  echo "$cache"
  exit
fi
if [ "${1:-}" = --if-built ]; then
  echo "no control plane $version yet: run test/e2e/control-plane/build.sh" >&2
  exit 1
fi
if ! command -v go >/dev/null; then
  echo "the control plane $version cannot be built: there is no go program (https://go.dev/dl); or name a folder with $programs in KUBEBUILDER_ASSETS" >&2
  exit 1
fi
mkdir -p "$(dirname "$cache")"
work=$(mktemp -d "$cache.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$sources"
{
  echo "control plane $version: fetching Go modules"
  go mod download >"$work.log" 2>&1 || {
    cat "$work.log"
    exit 1
  }
  echo "control plane $version: compiling, 4 to 10 minutes on two cores"
  since=$SECONDS
  stamp=k8s.io/component-base/version
  # Without the stamp the API server gives a version that kubectl cannot read.
  flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=36"
  # The module also holds a kubelet, which only test/node needs.
  packages="go.etcd.io/etcd/server/v3"
  for program in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
    packages="$packages k8s.io/kubernetes/cmd/$program"
  done
  # shellcheck disable=SC2086 # A list of words.
  CGO_ENABLED=0 nice go build -p 2 -mod=readonly -trimpath -ldflags "$flags" -o "$work/" $packages &
  compiler=$!
  while kill -0 "$compiler" 2>/dev/null; do
    sleep 1
    [ $(((SECONDS - since) % 30)) != 0 ] || echo "control plane $version: $((SECONDS - since)) s"
  done
  wait "$compiler"
  mv "$work/server" "$work/etcd"
  # A whole folder appears at once, also when two builds run side by side.
  mv -T "$work" "$cache" 2>/dev/null || [ -x "$cache/kubectl" ]
  rm -f "$work.log"
  echo "control plane $version: built in $((SECONDS - since)) s: $cache"
} >&2
echo "$cache"
