#!/usr/bin/env bash
# Builds kube-apiserver 1.20 from Debian bookworm's source package into the folder $1, with bookworm's Go, unpacked there. Nothing is installed.
set -euo pipefail
cache=$1
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$cache"/{apt/lists/partial,apt/cache/archives/partial,src,debs,go-root,gopath/src/k8s.io}
cd "$cache"
: >apt/status
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | sort -u | head -1)
for kind in deb deb-src; do echo "$kind [signed-by=$keyring] $mirror bookworm main"; done >apt/sources.list
apt=(apt-get -q -o "Dir::Etc::SourceList=$cache/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$cache/apt/lists"
  -o "Dir::State::Status=$cache/apt/status" -o "Dir::Cache=$cache/apt/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=1)
"${apt[@]}" -o APT::Update::Error-Mode=any update
(cd src && "${apt[@]}" source --download-only kubernetes)
(cd debs && "${apt[@]}" download golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev)
for file in debs/*.deb; do dpkg -x "$file" go-root; done
tree=$cache/gopath/src/k8s.io/kubernetes
rm -rf "$tree"
dpkg-source --no-check -x src/*.dsc "$tree" # apt-get has checked the signatures
# The tree's own reflect2 is older than Go 1.18 and crashes on maps with it.
reflect=vendor/github.com/modern-go/reflect2
rm "$tree/$reflect"/*
cp go-root/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$tree/$reflect"
rm -f "$tree/$reflect"/*_test.go

export GOPATH=$cache/gopath GO111MODULE=off GOFLAGS= GOCACHE=$cache/gocache GOROOT=$cache/go-root/usr/lib/go-1.19 CGO_ENABLED=0
export PATH=$GOROOT/bin:$PATH
cd "$tree"
go build -o "$cache/bin/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
inputs=$(grep -rl --include=*.go -e '+k8s:openapi-gen=' pkg staging/src/k8s.io vendor/k8s.io/kube-openapi |
  grep -v -e generated -e _test -e testdata -e /cmd/ -e openapi-gen -e code-generator -e sample | xargs -n1 dirname | sort -u |
  sed -e 's#^staging/src/#vendor/#' -e 's#^#k8s.io/kubernetes/#' | paste -sd,)
"$cache/bin/openapi-gen" -i "$inputs" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
  -h hack/boilerplate/boilerplate.generatego.txt -r "$cache/violations.txt"
version=k8s.io/kubernetes/vendor/k8s.io/component-base/version
go build -p 2 -ldflags "-s -w -X $version.gitVersion=v1.20.2 -X $version.gitMajor=1 -X $version.gitMinor=20" -o "$cache/bin/kube-apiserver.new" ./cmd/kube-apiserver
mv "$cache/bin/kube-apiserver.new" "$cache/bin/kube-apiserver"
