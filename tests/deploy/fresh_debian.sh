#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the README's commands as they are written in a fresh Debian 12, made by debootstrap from this machine's own apt sources,
# on a clean clone of HEAD. Needs root, debootstrap and git.
# usage: sh tests/deploy/fresh_debian.sh DIR     DIR outside of the tree; base.tar there is used again in the next run
set -eu
release=bookworm
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:?usage: sh tests/deploy/fresh_debian.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
root=$dir/root

# This machine's sources of Debian itself, one `deb` line each.
sources() {
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
        sed -n "s/^\\(deb [^ ]* ${release}[^ ]* .*\\) Debian\$/\\1/p"
}

make_base() {
    mirror=$(sources | sed -n "s/^deb \\([^ ]*\\) $release .*/\\1/p" | head -n 1)
    debootstrap --variant=minbase "$release" "$root" "$mirror"
    tar -C "$root" -cf "$dir/base.tar" .
}

unmount() {
    umount "$root/dev/pts" "$root/dev" "$root/proc" 2>/dev/null || true
}

# What a machine behind this machine's network has: its resolver and the certificates that it trusts.
enter_network() {
    sources >"$root/etc/apt/sources.list"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ca-of-host.crt"
}

# README's commands: the lines of its indented blocks that begin with `sh deploy/`
commands() {
    sed -n 's/^    \(sh deploy\/[^ ]*\).*/\1/p' "$top/README.md"
}

rm -rf --one-file-system "$root"
mkdir -p "$root"
if [ -e "$dir/base.tar" ]; then
    tar -C "$root" -xf "$dir/base.tar"
else
    make_base
fi
enter_network
git clone -q "$top" "$root/partita"
trap unmount EXIT
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"
[ "$(commands | wc -l)" = 2 ] || { echo "README.md does not have two commands" >&2; exit 1; }
commands | while read -r command; do
    echo "== $command"
    start=$(date +%s)
    chroot "$root" /usr/bin/env -i HOME=/ TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=/etc/ca-of-host.crt \
        sh -c "cd /partita && $command" </dev/null
    echo "== $command: exit 0 after $(($(date +%s) - start)) s"
done
