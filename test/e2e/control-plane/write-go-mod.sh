#!/bin/sh
# Writes go.mod and go.sum anew: sh write-go-mod.sh. Kubernetes' own go.mod points its 33 staging modules at folders
# of its repository, which a module of ours cannot see; here each points at the published version of the same release.
set -eu
cd "$(dirname "$0")"
kubernetes=1.36.3
etcd=3.6.8

own=$(GOFLAGS=-mod=mod go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
{
  cat <<END
// Written by write-go-mod.sh. The only content of this module is its dependencies: a control plane and a kubelet to test against.
module sluice.io/control-plane

go 1.26.0

require (
	go.etcd.io/etcd/server/v3 v$etcd
	k8s.io/kubernetes v$kubernetes
)

tool (
	go.etcd.io/etcd/server/v3
	k8s.io/kubernetes/cmd/kube-apiserver
	k8s.io/kubernetes/cmd/kube-controller-manager
	k8s.io/kubernetes/cmd/kube-scheduler
	k8s.io/kubernetes/cmd/kubelet
	k8s.io/kubernetes/cmd/kubectl
)

replace (
END
  sed -n "s|^[[:space:]]*\(k8s.io/[^ ]*\) => ./staging/.*|	\1 => \1 v0.${kubernetes#*.}|p" "$own"
  echo ")"
} >go.mod
rm -f go.sum
go mod tidy
