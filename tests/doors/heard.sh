#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# heard.sh DIRECTORY SOCKET COMMAND…: runs a command where /dev/log is SOCKET. /dev is made in DIRECTORY, in a mount
# namespace of its own.
set -eu
place=$1 socket=$2
shift 2
mount -t tmpfs none "$place"
for device in null zero random urandom; do
  touch "$place/$device"
  mount --bind "/dev/$device" "$place/$device"
done
touch "$place/log"
mount --bind "$socket" "$place/log"
mount --rbind "$place" /dev
exec "$@"
