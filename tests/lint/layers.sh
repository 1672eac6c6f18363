#!/bin/bash
# The dependency picture as a check: who may include whom, and which file may see which library.
#
#   client → proto ← signer → keystore ← ceremony → client      tests → everything
#
# `layers.sh DIR` judges the tree in DIR (default: the one that this script is in).
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
wrong=0

complain() { echo "layers: $1" >&2; wrong=1; }

# Includes of `#include "folder/…"` in the given folder must be of the allowed folders.
folder() {
  local from=$1; shift
  local allowed="^($(IFS='|'; echo "$*"))(/|\$)"
  while IFS=: read -r file line include; do
    [[ $include =~ $allowed ]] || complain "$file:$line includes \"$include\": $from may use only $*"
  done < <(grep -rnoE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' "$from" \
    | sed -E 's/#[[:space:]]*include[[:space:]]*"([^"]+)"/\1/; s/:[[:space:]]+/:/')
}

# A library's headers may be included by these files alone (paths, or folders with a slash).
library() {
  local pattern=$1; shift
  while IFS=: read -r file line _; do
    local ok=no
    for place in "$@"; do
      [[ $file == "$place" || ( $place == */ && $file == "$place"* ) ]] && ok=yes
    done
    [ $ok = yes ] || complain "$file:$line includes <$pattern>: only $* may"
  done < <(grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$pattern" \
    proto keystore signer client ceremony || true)
}

# A tree without these folders is no tree of ours.
for needed in proto keystore signer client ceremony; do
  [ -d "$needed" ] || complain "$needed/ is missing"
done
[ $wrong = 0 ] || exit 1

folder proto proto signer.pb-c.h
folder keystore keystore
folder signer signer keystore proto
folder client client proto
folder ceremony ceremony keystore client

library 'openssl/' signer/crypto.c signer/certificate.c client/provider/ client/signerctl/digest.c \
  ceremony/private_key.c ceremony/certificate.c ceremony/signature.c ceremony/authority.c
library 'sodium' keystore/
library '(protobuf-c|signer\.pb-c)' proto/codec.c
library 'qrencode' ceremony/qr.c
library 'seccomp' signer/filter.c signer/witness.c ceremony/sandbox.c

# A room is one function that gives up its rights, and there are three.
count=$(grep -rhE '^[[:space:]]+sandbox_enter\(ROOM_' signer | wc -l)
[ "$count" = 3 ] || complain "sandbox_enter is called $count times, for three rooms"

# Secrets are compared by secret_equal; a memcmp in these files is of public bytes and counted.
count_memcmp() {
  local found
  found=$(grep -cE '\bmemcmp\(' "$1" || true)
  [ "$found" -le "$2" ] || complain "$1 uses memcmp $found times, $2 are known to be of public bytes"
}
count_memcmp keystore/kek.c 2
count_memcmp keystore/header.c 1
count_memcmp keystore/seal.c 0
count_memcmp keystore/sealed_key.c 7
count_memcmp keystore/secret.c 0
count_memcmp signer/vault.c 1
count_memcmp signer/crypto.c 1
count_memcmp signer/courier.c 0

# Calls that have no business in this code.
while IFS= read -r line; do complain "$line: use a bounded call"; done < <(
  grep -rnE --include='*.[ch]' '\b(strcpy|strcat|sprintf|gets|system|popen|rand|srand|tmpnam|mktemp)\(' \
    proto keystore signer client ceremony || true)

[ $wrong = 0 ] && echo "layers: the includes follow the picture"
exit $wrong
