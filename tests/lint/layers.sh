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

# The whole picture: a folder, and the folders (or single files) whose headers it may include besides its own.
# A folder that has no row is not allowed to exist.
picture=$(grep -v '^ *#' <<'ROWS'
proto                 signer.pb-c.h
keystore
keystore/format
keystore/memory
keystore/kek          keystore/fault.h keystore/format keystore/memory
keystore/key          keystore/fault.h keystore/format keystore/memory keystore/kek
keystore/share        keystore/fault.h keystore/format keystore/memory keystore/kek
keystore/files        keystore/fault.h keystore/format keystore/memory/secret.h keystore/kek/header.h keystore/key \
                      keystore/share/share_set.h
# the daemon: what a room may see of the rest is what its process may do
signer/process
signer/sandbox        signer/process keystore/memory/arena.h
signer/ipc            signer/sandbox/protections.h proto/limits.h keystore/kek/archive_mac.h keystore/key/key_id.h \
                      keystore/key/key_public.h keystore/share/unseal_box.h
signer/vault          signer/ipc signer/process signer/sandbox keystore/fault.h keystore/memory \
                      keystore/kek/header.h keystore/key keystore/share/quorum.h
signer/store          signer/ipc signer/process signer/sandbox keystore/files keystore/format keystore/memory/secret.h
signer/gate/core      signer/ipc signer/process signer/sandbox proto keystore/fault.h keystore/kek/header.h \
                      keystore/key/algorithm.h keystore/key/key_id.h keystore/key/key_public.h \
                      keystore/key/sealed_key.h
signer/gate/op        signer/gate/core signer/ipc signer/process proto keystore/format keystore/key/sealed_key.h
signer/gate           signer/gate/core signer/gate/op signer/ipc signer/process proto keystore/memory
signer                signer/gate signer/gate/core signer/vault/vault.h signer/store/store.h signer/ipc \
                      signer/process signer/sandbox keystore/files keystore/kek keystore/memory keystore/share
client                proto
client/signerctl      client/signer.h proto/limits.h
client/provider       client/signer.h
# the ceremony tool: from the ground up
ceremony/tool         keystore keystore/format keystore/memory keystore/kek keystore/files keystore/share/share_set.h
ceremony/card         keystore/format keystore/memory keystore/share
ceremony/pki          ceremony/tool client/signer.h keystore/format keystore/memory keystore/kek keystore/key \
                      keystore/files keystore/share/share_set.h
ceremony/share        ceremony/tool ceremony/card client/signer.h keystore/format keystore/memory keystore/kek \
                      keystore/files keystore/share
ceremony/signers      ceremony/tool ceremony/pki client/signer.h client/connection.h keystore/format keystore/memory \
                      keystore/kek keystore/share
ceremony/session      ceremony/tool ceremony/share ceremony/signers ceremony/pki keystore/format keystore/memory \
                      keystore/kek keystore/files keystore/share/share_set.h
ceremony/rekey        ceremony/tool ceremony/session keystore/memory
ceremony/archive      ceremony/tool ceremony/session ceremony/share ceremony/signers ceremony/pki client/signer.h \
                      keystore/format keystore/memory keystore/kek keystore/files keystore/share/share_set.h
ceremony/run          ceremony/tool ceremony/card ceremony/archive ceremony/session ceremony/share ceremony/signers \
                      ceremony/pki ceremony/rekey keystore/format keystore/memory keystore/key keystore/files
ceremony/doctor       ceremony/tool ceremony/archive ceremony/session ceremony/share ceremony/pki ceremony/rekey \
                      ceremony/run/run_state.h client/signer.h keystore/format keystore/memory keystore/files \
                      keystore/share/share_set.h
ceremony              ceremony/tool ceremony/archive ceremony/doctor ceremony/pki ceremony/rekey ceremony/run \
                      ceremony/session ceremony/share ceremony/signers keystore/format keystore/memory keystore/kek \
                      keystore/files
ROWS
)

judge_folder() {
  local from=$1 place; shift
  while IFS=: read -r file line include; do
    local folder=${include%/*} ok=no
    [ "$folder" = "$from" ] && ok=yes
    for place in "$@"; do [ "$include" = "$place" ] || [ "$folder" = "$place" ] && ok=yes; done
    [ $ok = yes ] || complain "$file:$line includes \"$include\": $from may use only ${*:-itself}"
  done < <(grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' "$from"/*.[ch] 2>/dev/null \
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

# shellcheck disable=SC2162 # a row goes on behind a backslash
while read row; do
  # shellcheck disable=SC2086 # a folder and what it may use
  judge_folder $row
done <<< "$picture"
while IFS= read -r folder; do
  grep -qE "^$folder( |\$)" <<< "$picture" || complain "$folder/ has no row in the picture"
done < <(find proto keystore signer client ceremony -name '*.c' -printf '%h\n' | sort -u)

library 'openssl/' signer/vault/crypto.c signer/gate/core/certificate.c client/provider/ client/signerctl/digest.c \
  ceremony/pki/private_key.c ceremony/pki/certificate.c ceremony/pki/signature.c ceremony/pki/authority.c
library 'sodium' keystore/
library '(protobuf-c|signer\.pb-c)' proto/codec.c
library 'qrencode' ceremony/card/qr.c
library 'seccomp' signer/sandbox/filter.c signer/sandbox/witness.c ceremony/tool/sandbox.c

# A room is one function that gives up its rights, and there are three.
count=$(grep -rhE '^[[:space:]]+sandbox_enter\(ROOM_' signer | wc -l)
[ "$count" = 3 ] || complain "sandbox_enter is called $count times, for three rooms"

# Secrets are compared by secret_equal; a memcmp in these files is of public bytes and counted.
count_memcmp() {
  local found
  found=$(grep -cE '\bmemcmp\(' "$1" || true)
  [ "$found" -le "$2" ] || complain "$1 uses memcmp $found times, $2 are known to be of public bytes"
}
count_memcmp keystore/kek/kek.c 2
count_memcmp keystore/kek/header.c 1
count_memcmp keystore/key/seal.c 0
count_memcmp keystore/key/sealed_key.c 7
count_memcmp keystore/memory/secret.c 0
count_memcmp signer/vault/vault.c 1
count_memcmp signer/vault/crypto.c 1
count_memcmp signer/courier.c 0

# Calls that have no business in this code.
while IFS= read -r line; do complain "$line: use a bounded call"; done < <(
  grep -rnE --include='*.[ch]' '\b(strcpy|strcat|sprintf|gets|system|popen|rand|srand|tmpnam|mktemp)\(' \
    proto keystore signer client ceremony || true)

[ $wrong = 0 ] && echo "layers: the includes follow the picture"
exit $wrong
