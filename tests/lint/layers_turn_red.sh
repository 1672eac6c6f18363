#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The checks of layers.sh and shape.py, and the linker, are themselves checked: each of these goes against the picture,
# and with any one of them in a copy of the tree the check must fail.
#
# layers_turn_red.sh BUILD_DIR: where the rooms' libraries are, for the links that must fail.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
for part in base pki proto keystore signer client ceremony; do cp -r "$source/$part" "$work/tree/"; done

layers() { "$source/tests/lint/layers.sh" "$work/tree"; }
shape() { /usr/bin/python3 "$source/tests/lint/shape.py" "$work/tree"; }

layers >/dev/null || { echo "the tree itself is red"; exit 1; }
shape >/dev/null || { echo "the shape of the tree itself is red"; exit 1; }

red_by() { # check, file, line that is added, what the check must say
  local saved=yes
  [ -e "$work/tree/$2" ] || saved=no
  if [ $saved = yes ]; then cp "$work/tree/$2" "$work/saved"; else mkdir -p "$(dirname "$work/tree/$2")"; fi
  printf '%s\n' "$3" >> "$work/tree/$2"
  if "$1" >/dev/null 2>"$work/said"; then echo "not red: $2 with $3"; exit 1; fi
  grep -q -- "$4" "$work/said" || { echo "red for another reason: $2 with $3"; cat "$work/said"; exit 1; }
  if [ $saved = yes ]; then cp "$work/saved" "$work/tree/$2"; else rm -r "$(dirname "$work/tree/$2")"; fi
  echo "red, as it must be: $2 with ${3//$'\n'/ }"
}

include() { red_by layers "$1" "#include \"$2\"" "$1:[0-9]*  *includes \"$2\"\|$1:[0-9]* includes \"$2\""; }
library() { red_by layers "$1" "#include <$2>" "$1:[0-9]* has <"; }
call() { red_by layers "$1" "int x(void) { return $2; }" "$1:[0-9]* has "; }

# What a room may not see of another, and of what its process must not have.
include signer/vault/vault.c proto/request.h
include signer/vault/vault.c keystore/files/directory.h
include signer/vault/vault.c signer/gate/gate.h
include signer/vault/vault.c keystore/kek/kek_file.h
include signer/vault/vault.c signer/store/store.h
include signer/vault/crypto.c signer/gate/core/state.h
include signer/vault/unsealing.c pki/pem_chain.h
include signer/gate/gate.c keystore/kek/kek_file.h
include signer/gate/gate.c signer/vault/crypto.h
include signer/gate/gate.c keystore/files/directory.h
include signer/gate/gate.c client/signer.h
include signer/gate/core/load.c keystore/key/seal.h
include signer/gate/op/sign.c signer/vault/signature.h
include signer/gate/gate.c pki/pem_chain.h
include signer/gate/op/set_certificate.c pki/der.h
include signer/inspector/inspector.c proto/request.h
include signer/inspector/inspector.c keystore/kek/kek.h
include signer/inspector/inspector.c keystore/files/directory.h
include signer/store/store.c keystore/kek/kek.h
include signer/store/store.c signer/vault/key_cache.h
include signer/store/store.c proto/response.h
include signer/sandbox/sandbox.c signer/gate/core/state.h
include signer/ipc/channel.c keystore/kek/kek.h
include signer/process/log.c signer/ipc/message.h
# The layers of everything.
include proto/frame.c keystore/kek/kek.h
include keystore/kek/kek.c signer/vault/vault.h
include keystore/format/bytes.c keystore/kek/kek.h
include client/sign.c keystore/kek/kek.h
include client/provider/store.c proto/request.h
include client/pkcs11/sign.c proto/request.h
include client/pkcs11/sign.c client/connection.h
include client/sign.c client/pkcs11/token.h
include ceremony/tool/tool.c signer/vault/crypto.h
include ceremony/card/qr.c ceremony/session/session.h
include base/io.c keystore/fault.h
include pki/pem_chain.c keystore/kek/kek.h
red_by layers keystore/kek/kek.c '  #  include "proto/request.h"' 'includes "proto/request.h"'
red_by layers signer/recorder/recorder.c 'int recorder_run(void);' 'signer/recorder/ has no row'
# Libraries and calls.
library signer/gate/gate.c openssl/evp.h
library signer/gate/op/get_key.c openssl/x509.h
library signer/store/store.c sodium.h
library signer/inspector/inspector.c sys/socket.h
library signer/vault/vault.c protobuf-c/protobuf-c.h
red_by layers signer/gate/gate.c '#include "signer.pb-c.h"' 'signer/gate/gate.c:[0-9]* '
library signer/vault/vault.c seccomp.h
library signer/vault/vault.c sys/socket.h
library client/pkcs11/sha1.c openssl/evp.h
library keystore/files/directory.c libpq-fe.h
call signer/vault/vault.c 'open("/etc/passwd", 0)'
call signer/gate/clients.c 'openat(3, "x", 0)'
call signer/gate/gate.c 'system("true")'
call signer/store/store.c 'socket(1, 1, 0)'
call ceremony/tool/tool.c 'execlp("signer", "signer", (char *)0)'
call client/pkcs11/token.c 'open("/etc/passwd", 0)'
call client/pkcs11/report.c 'socket(1, 2, 0)'
call signer/gate/gate.c 'fork()'
red_by layers keystore/key/seal.c 'int x(void) { return memcmp("a", "b", 1); }' 'uses memcmp'
red_by layers signer/store/watch.c '    sandbox_enter(ROOM_VAULT, 0, 0);' 'sandbox_enter is called 6 times'
# The shape.
red_by shape keystore/fault.h '#include "keystore/kek/header.h"' 'a circle: '
red_by shape signer/gate/gate.c 'int doors_run(void) { return 0; }' 'doors_run does not bear the name of its file'
red_by shape signer/gate/gate.c "static int long_one(void)
{
$(yes '    (void)0;' | head -60)
    return 0;
}" 'long_one has 64 lines'
red_by shape proto/frame.c "$(yes '/* */' | head -400)" 'proto/frame.c has'

# The linker: what alone_*.c links, and one more reference.
unlinkable() { # room, what is referred to, where that is declared
  printf '#include <fcntl.h>\n#include <stdio.h>\n#include <sys/socket.h>\n#include <unistd.h>\n%s\n%s\n' "${3:-}" \
    "int main(void) { $2; return 0; }" > "$work/probe.c"
  cc -w -D_GNU_SOURCE -I"$source" -c "$work/probe.c" -o "$work/probe.o"
  local flags
  mapfile -t flags < "$build/tests/lint/alone_$1.link"
  if cc "$work/probe.o" "${flags[@]}" -o "$work/probe" >/dev/null 2>"$work/said"; then
    echo "links: $1 with $2"
    exit 1
  fi
  grep -q 'undefined reference' "$work/said" || { cat "$work/said"; exit 1; }
  echo "does not link, as it must be: $1 with $2"
}
unlinkable vault 'request_decode((struct slice){ 0 }, 0, 0)' '#include "proto/request.h"'
unlinkable vault 'open("/etc/passwd", O_RDONLY)'
unlinkable vault 'fopen("/etc/passwd", "r")'
unlinkable vault 'socket(1, 1, 0)'
unlinkable vault 'directory_open(0, 0)' '#include "keystore/files/directory.h"'
unlinkable gate 'crypto_start()' '#include "signer/vault/crypto.h"'
unlinkable gate 'open("/etc/passwd", O_RDONLY)'
unlinkable gate 'directory_open(0, 0)' '#include "keystore/files/directory.h"'
unlinkable gate 'd2i_X509(0, 0, 0)' '#include <openssl/x509.h>'
unlinkable gate 'pem_chain_start()' '#include "pki/pem_chain.h"'
unlinkable inspector 'crypto_start()' '#include "signer/vault/crypto.h"'
unlinkable inspector 'request_decode((struct slice){ 0 }, 0, 0)' '#include "proto/request.h"'
unlinkable inspector 'kek_file_exists(0)' '#include "keystore/kek/kek_file.h"'
unlinkable inspector 'open("/etc/passwd", O_RDONLY)'
unlinkable inspector 'socket(1, 1, 0)'
unlinkable access 'crypto_start()' '#include "signer/vault/crypto.h"'
unlinkable access 'socket(1, 1, 0)'
unlinkable access 'directory_open(0, 0)' '#include "keystore/files/directory.h"'
unlinkable store 'crypto_start()' '#include "signer/vault/crypto.h"'
unlinkable store 'request_decode((struct slice){ 0 }, 0, 0)' '#include "proto/request.h"'
unlinkable store 'socket(1, 1, 0)'
unlinkable store 'fork()'
