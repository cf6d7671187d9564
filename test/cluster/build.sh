#!/usr/bin/env bash
# Builds kube-apiserver 1.20 from Debian bookworm's source package as $1/bin/kube-apiserver, with bookworm's Go, unpacked beside it. Nothing is installed.
# One at a time. After an interruption it goes on where it stopped; only a finished program gets the final name. Why it failed is in its last lines.
set -euo pipefail
cache=$1 work=$1/build program=$1/bin/kube-apiserver
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
fail() {
  echo "$*" >&2
  exit 1
}

ready() { # what the work of many minutes must not miss in its middle
  for tool in apt-get:apt dpkg:dpkg dpkg-source:dpkg-dev patch:patch df:coreutils; do
    command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing; it is in Debian's package ${tool#*:}"
  done
  [ -r "$keyring" ] || fail "$keyring is missing; it is in Debian's package debian-archive-keyring"
  local free held=0 needed
  free=$(df --output=avail --block-size=M "$cache" | tail -1 | tr -dc 0-9)
  [ ! -d "$work" ] || held=$(du -sm "$work" | cut -f1) # of what was interrupted
  needed=$((held < 3000 ? 3000 - held : 0))
  [ "$free" -ge "$needed" ] || fail "$cache has $free MB of disk left, and the build takes up to $needed more"
}

fetch() {
  mkdir -p "$work"/{apt/lists/partial,apt/cache/archives/partial,src,debs}
  : >"$work/apt/status"
  local apt=(apt-get -q -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/apt/lists"
    -o "Dir::State::Status=$work/apt/status" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
    -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
  local mirror mirrors updated=
  # The mirrors that this system itself uses: no address is written in this project.
  mirrors=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u)
  [ -n "$mirrors" ] || fail "apt is not configured with any mirror"
  for mirror in $mirrors; do
    for kind in deb deb-src; do echo "$kind [signed-by=$keyring] $mirror bookworm main"; done >"$work/apt/sources.list"
    ! "${apt[@]}" update || { updated=yes && break; }
  done
  [ -n "$updated" ] || fail "no mirror of this system gives Debian bookworm's package lists"
  (cd "$work/src" && "${apt[@]}" source --download-only kubernetes)
  (cd "$work/debs" && "${apt[@]}" download golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev)
}

unpack() {
  rm -rf "$root" "$tree"
  mkdir -p "$root" "$(dirname "$tree")"
  for file in "$work"/debs/*.deb; do dpkg -x "$file" "$root"; done
  dpkg-source --no-check -x "$work"/src/*.dsc "$tree" # apt-get has checked the signatures
  # The tree's own reflect2 is older than Go 1.18 and crashes on maps with it.
  local reflect=$tree/vendor/github.com/modern-go/reflect2
  rm "$reflect"/*
  cp "$root"/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$reflect"
  rm -f "$reflect"/*_test.go
}

generate() {
  cd "$tree"
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  local inputs
  inputs=$(grep -rl --include=*.go -e '+k8s:openapi-gen=' pkg staging/src/k8s.io vendor/k8s.io/kube-openapi |
    grep -v -e generated -e _test -e testdata -e /cmd/ -e openapi-gen -e code-generator -e sample | xargs -n1 dirname | sort -u |
    sed -e 's#^staging/src/#vendor/#' -e 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$work/openapi-gen" -i "$inputs" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations.txt"
}

compile() {
  cd "$tree"
  local version=k8s.io/kubernetes/vendor/k8s.io/component-base/version
  go build -p 2 -ldflags "-s -w -X $version.gitVersion=v1.20.2 -X $version.gitMajor=1 -X $version.gitMinor=20" -o "$work/kube-apiserver" ./cmd/kube-apiserver
  mkdir -p "$cache/bin"
  mv "$work/kube-apiserver" "$program"
}

once() { # STEP: unless it has succeeded before
  [ ! -e "$work/$1.done" ] || return 0
  echo "==> $1"
  "$1"
  touch "$work/$1.done"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # whoever ends or is killed gives it back
[ ! -x "$program" ] || exit 0
ready
mkdir -p "$work/tmp"
root=$work/go-root tree=$work/gopath/src/k8s.io/kubernetes
export GOROOT=$root/usr/lib/go-1.19 GOPATH=$work/gopath GOCACHE=$work/gocache GOTMPDIR=$work/tmp GOENV=off GOFLAGS= GO111MODULE=off CGO_ENABLED=0
export PATH=$GOROOT/bin:$PATH
for step in fetch unpack generate compile; do once "$step"; done
rm -rf "$work"
