#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command of this tree in a fresh Debian 13, which debootstrap makes in build/, or in /var/tmp where
# the path of the tree has a space. The tree is copied into it without its builds, and the Debian is removed afterwards.
#
#   deploy/debian13.sh ./demo        deploy/debian13.sh ./check
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/packages.sh
[ "$(id -u)" = 0 ] || { echo "debian13: needs root to make a Debian 13" >&2; exit 1; }
packages_install debootstrap util-linux mount

# The mirror of this host, from either format of APT sources.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null \
  | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
case $PWD in
  *[[:space:]]*) root=$(mktemp -d /var/tmp/signer-debian13.XXXXXX) ;; # debootstrap takes no space in a path
  *) mkdir -p build && root=$(mktemp -d "$PWD/build/debian13.XXXXXX") ;;
esac
trap 'rm -rf --one-file-system "$root"; tree_give_back' EXIT
chmod 755 "$root" # becomes "/", which other users must be able to enter
echo "debian13: making a Debian 13 in $root"
debootstrap --variant=minbase trixie "$root" "${mirror:-http://deb.debian.org/debian}" > "$root.log" 2>&1 \
  || { tail -n 20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
for file in /etc/resolv.conf /etc/hosts; do [ ! -e $file ] || cp -L $file "$root$file"; done
for file in /etc/apt/apt.conf.d/*proxy*; do [ ! -e "$file" ] || cp "$file" "$root/etc/apt/apt.conf.d/"; done
mkdir "$root/signer"
tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$root/signer"

# In a mount namespace of its own, so that nothing stays mounted, however this ends.
unshare --mount --pid --fork -- bash -c '
  set -e
  root=$1; shift
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys" || true
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" CI="${CI:-}" bash -c "cd /signer && exec \"\$@\"" -- "$@"
' -- "$root" "$@"
