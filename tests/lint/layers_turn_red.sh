#!/bin/bash
# The layer check is itself checked: each of these includes goes against the picture, and with any
# one of them in a copy of the tree the check must fail.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
for part in proto keystore signer client ceremony; do cp -r "$source/$part" "$work/tree/"; done

"$source/tests/lint/layers.sh" "$work/tree" >/dev/null || { echo "the tree itself is red"; exit 1; }

red() {
  cp "$work/tree/$1" "$work/saved"
  printf '%s\n' "$2" >> "$work/tree/$1"
  if "$source/tests/lint/layers.sh" "$work/tree" >/dev/null 2>&1; then
    echo "not red: $1 with $2"
    exit 1
  fi
  cp "$work/saved" "$work/tree/$1"
  echo "red, as it must be: $1 with $2"
}

red proto/frame.c '#include "keystore/kek/kek.h"'
red keystore/kek/kek.c '#include "signer/vault/vault.h"'
red keystore/kek/kek.c '  #  include "proto/codec.h"'
red client/sign.c '#include "keystore/kek/kek.h"'
red signer/gate/gate.c '#include "client/signer.h"'
red ceremony/tool/tool.c '#include "signer/vault/crypto.h"'
red signer/gate/gate.c '#include <openssl/evp.h>'
red signer/store/store.c '#include <sodium.h>'
red signer/vault/vault.c '#include <protobuf-c/protobuf-c.h>'
red signer/gate/gate.c '#include "signer.pb-c.h"'
red signer/vault/vault.c '#include <seccomp.h>'
red keystore/key/seal.c 'int x(void) { return memcmp("a", "b", 1); }'
red signer/gate/gate.c 'int y(void) { return system("true"); }'
