#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stands for systemctl and systemd-creds where there is no systemd, and for runuser where there is no PAM: as much as
# the documents and the units need.
# Paths are those of systemd, below the directory whose bin/ this is in; those of root (/usr/bin) begin at /.
set -eu
place=$(cd "${0%/*}/.." && pwd)
[ "$place" != /usr ] || place=

if [ "${0##*/}" = systemd-creds ]; then # encrypt --name=kek SOURCE TO
  [ "$1 $2" = "encrypt --name=kek" ]
  umask 077
  mkdir -p "${4%/*}"
  cat "$3" > "$4"
  exit
fi

if [ "${0##*/}" = runuser ]; then # -u USER -- COMMAND…
  [ "$1 $3" = "-u --" ]
  user=$2
  shift 3
  exec setpriv --reuid "$user" --regid "$user" --init-groups "$@"
fi

[ "$1" != --no-block ] || shift
unit=$place/etc/systemd/system/${2%.service}.service

setting() { # NAME: the values of all its lines
  sed -e :a -e '/\\$/N; s/\\\n/ /; ta' "$unit" | sed -n "s/^$1=//p"
}

# A command of a unit as a shell has it: systemd's $$ and %% are one, and paths are where we are.
as_here() {
  local less=
  if grep -qs __asan_init "$(command -v signer)"; then less='s/--require [a-z]* *//g'; fi # its rooms refuse nothing
  sed -e "$less" -e 's/\$\$/$/g; s/%%/%/g' -e "s#/usr/s\?bin/##g; s#/bin/##g" \
    -e "s#/var/\(lib\|backups\)/signer#$place&#g; s#/run/signer#$place&#g"
}

as_signer() { # COMMAND
  if [ "$(id -u)" = 0 ]; then
    ulimit -l 65536 2>/dev/null || true # LimitMEMLOCK=, where this root may
    exec setpriv --reuid signer --regid signer --clear-groups bash -c "$1"
  fi
  exec bash -c "$1"
}

own() { [ "$(id -u)" != 0 ] || chown signer "$1"; }

prepare() {
  mkdir -p "$place/run/signer" "$place/run/credentials"
  own "$place/run/signer"
  if [ -e "$place/etc/credstore.encrypted/kek" ] && [ -n "$(setting LoadCredentialEncrypted)" ]; then
    install -m 0400 "$place/etc/credstore.encrypted/kek" "$place/run/credentials/kek"
    own "$place/run/credentials/kek"
    export CREDENTIALS_DIRECTORY=$place/run/credentials
  fi
  if [ "$(setting StateDirectory)" = signer-drill ]; then
    export STATE_DIRECTORY=$place/var/lib/signer-drill
    mkdir -p "$STATE_DIRECTORY"
    own "$STATE_DIRECTORY"
  fi
  export SIGNER_SOCKET=$place/run/signer/signer.sock SIGNER_ALLOW=${SIGNER_ALLOW:-}
}

run_once() { # a unit of Type=oneshot
  local line
  setting ExecStartPre | as_here | while read -r line; do
    if [ "${line#+}" != "$line" ]; then
      [ "$(id -u)" != 0 ] || bash -c "${line#+}"
    else
      bash -c "$line"
    fi
  done
  export "SIGNER_ARCHIVES=$place/var/backups/signer"
  setting ExecStart | as_here | while read -r line; do (as_signer "$line") < /dev/null; done
}

start() {
  prepare
  if [ "$(setting Type)" = oneshot ]; then
    run_once
    return
  fi
  (as_signer "exec setsid $(setting ExecStart | as_here) --socket $SIGNER_SOCKET") \
    > "$place/run/signer.log" 2>&1 < /dev/null &
  echo $! > "$place/run/signer.pid"
  for _ in {1..300}; do
    if signerctl health > /dev/null 2>&1; then return; fi
    sleep 0.1
  done
  cat "$place/run/signer.log"
  exit 1
}

stop() {
  local pid
  [ "$(setting Type)" != oneshot ] || return 0
  pid=$(cat "$place/run/signer.pid")
  kill "$pid"
  while grep -qs '^State:.[^Z]' "/proc/$pid/status"; do sleep 0.02; done
}

case $1 in
start | stop) "$1" ;;
restart) stop; start ;;
*) exit 1 ;;
esac
