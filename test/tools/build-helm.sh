#!/usr/bin/env bash
# Prints the path of a helm program. Builds it from its Go module on first use, into a cache folder outside of the
# repository (about 90 s of CPU); what it does goes to standard error.
#   --if-built   do not build: end with status 1 where there is none
#   SLUICE_HELM  a helm program to take instead
set -euo pipefail

version=v3.22.0

if [ -n "${SLUICE_HELM:-}" ]; then
  echo "$SLUICE_HELM"
  exit
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/helm-$version
if [ -x "$cache/helm" ]; then
  echo "$cache/helm"
  exit
fi
if [ "${1:-}" = --if-built ]; then
  echo "no helm $version yet: run test/tools/build-helm.sh" >&2
  exit 1
fi
if ! command -v go >/dev/null; then
  echo "helm $version cannot be built: there is no go program (https://go.dev/dl); or name a helm in SLUICE_HELM" >&2
  exit 1
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
{
  echo "helm $version: fetching the Go module"
  {
    go mod init sluice.local/helm && go get -tool "helm.sh/helm/v3/cmd/helm@$version"
  } >fetch.log 2>&1 || {
    cat fetch.log
    exit 1
  }
  echo "helm $version: compiling, about 90 s"
  since=$SECONDS
  # As helm's own build does it; without the last two it takes a cluster it is not told of for a 1.20.
  flags="-s -w -X helm.sh/helm/v3/internal/version.version=$version"
  flags="$flags -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=37"
  CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o helm helm.sh/helm/v3/cmd/helm &
  compiler=$!
  while kill -0 "$compiler" 2>/dev/null; do
    sleep 1
    [ $(((SECONDS - since) % 15)) != 0 ] || echo "helm $version: $((SECONDS - since)) s"
  done
  wait "$compiler"
  # A whole file appears at once, also when two builds run side by side.
  mv helm "$cache/helm"
  echo "helm $version: built in $((SECONDS - since)) s: $cache/helm"
} >&2
echo "$cache/helm"
