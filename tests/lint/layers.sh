#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The dependency picture as a check: who may include whom, which folder may see which library, and which may open a
# file or a socket.
#
#   client → proto ← signer → keystore ← ceremony → client      base, pki: leaves      tests → everything
#
# `layers.sh DIR` looks at the tree in DIR (default: the one that this script is in). shape.py beside it looks at
# circles, names and sizes; alone_*.c have the linker hold the rooms to the same picture.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
wrong=0
roots="base pki proto keystore signer client ceremony"

complain() { echo "layers: $1" >&2; wrong=1; }

# One row a folder: the folders, or single headers, that it may include besides its own. A folder without a row is not
# allowed to exist. A row goes on in the lines that are indented.
picture() {
  cat <<'ROWS'
base
pki
proto                 signer.pb-c.h
keystore
keystore/format       base
keystore/memory
keystore/kek          base keystore/fault.h keystore/format keystore/memory
keystore/key          keystore/fault.h keystore/format keystore/memory keystore/kek
keystore/share        base keystore/fault.h keystore/format keystore/memory keystore/kek
keystore/files        base keystore/fault.h keystore/format keystore/memory/secret.h keystore/kek/header.h keystore/key
                      keystore/share/share_set.h
# The daemon: what a room may see of the rest is what its process may do.
signer/process
signer/sandbox        signer/process keystore/memory/arena.h
signer/ipc            base signer/sandbox/protections.h signer/sandbox/room.h signer/process proto/limits.h
                      keystore/kek/archive_mac.h keystore/key/key_id.h keystore/key/key_public.h
                      keystore/share/unseal_box.h
signer/vault          base signer/ipc signer/process signer/sandbox keystore/fault.h keystore/memory
                      keystore/kek/header.h keystore/key keystore/share/quorum.h
signer/store          base signer/ipc signer/process signer/sandbox keystore/files keystore/format
                      keystore/key/sealed_key.h keystore/memory/secret.h
signer/access         base signer/ipc signer/sandbox
signer/inspector      pki signer/ipc signer/process signer/sandbox keystore/memory
signer/gate/core      base signer/ipc signer/process signer/sandbox proto keystore/fault.h keystore/format/sha256.h
                      keystore/kek/header.h keystore/key/algorithm.h keystore/key/key_id.h
                      keystore/key/key_public.h keystore/key/sealed_key.h
signer/gate/op        base signer/gate/core signer/ipc signer/process proto keystore/format
                      keystore/key/sealed_key.h
signer/gate           base signer/gate/core signer/gate/op signer/ipc signer/process proto keystore/memory
signer                base signer/gate signer/gate/core signer/vault/vault.h signer/store/store.h
                      signer/inspector/inspector.h signer/access signer/ipc
                      signer/process signer/sandbox keystore/files keystore/kek keystore/memory keystore/share
client                base/time.h pki/der.h proto
client/signerctl      base client/signer.h proto/limits.h
client/provider       client/signer.h
client/pkcs11         base/time.h client/signer.h client/sha2.h pki/der.h proto/limits.h
# The ceremony tool, from the ground up.
ceremony/tool         base keystore keystore/format keystore/memory keystore/kek keystore/files
                      keystore/share/share_set.h
ceremony/card         base keystore/format keystore/memory keystore/share
ceremony/pki          base pki ceremony/tool client/signer.h keystore/format keystore/memory keystore/kek keystore/key
                      keystore/files keystore/share/share_set.h
ceremony/share        base ceremony/tool ceremony/card client/signer.h keystore/format keystore/memory keystore/kek
                      keystore/files keystore/share
ceremony/signers      base ceremony/tool ceremony/pki client/signer.h client/connection.h client/target.h
                      keystore/fault.h
                      keystore/format keystore/memory keystore/kek keystore/share
ceremony/session      base ceremony/tool ceremony/share ceremony/signers ceremony/pki keystore/format keystore/memory
                      keystore/kek keystore/files keystore/share/share_set.h
ceremony/rekey        base ceremony/tool ceremony/session ceremony/signers keystore/memory
ceremony/archive      base pki ceremony/tool ceremony/session ceremony/share ceremony/signers ceremony/pki
                      client/signer.h keystore/format keystore/memory keystore/kek keystore/files
                      keystore/share/share_set.h
ceremony/run          base ceremony/tool ceremony/card ceremony/archive ceremony/session ceremony/share
                      ceremony/signers ceremony/pki ceremony/rekey keystore/format keystore/memory keystore/key
                      keystore/files
ceremony/doctor       base ceremony/tool ceremony/archive ceremony/session ceremony/share ceremony/pki ceremony/rekey
                      ceremony/run/run_state.h client/signer.h keystore/format keystore/memory keystore/kek
                      keystore/files keystore/share/share_set.h
ceremony              base ceremony/tool ceremony/archive ceremony/doctor ceremony/pki ceremony/rekey ceremony/run
                      ceremony/session ceremony/share ceremony/signers keystore/format keystore/memory keystore/kek
                      keystore/files
ROWS
}

# The headers of libraries, and calls: who may have them (folders with a slash, or files).
libraries() {
  cat <<'ROWS'
openssl/              pki/ signer/vault/ signer/inspector/ client/provider/ client/signerctl/digest.c ceremony/pki/
sodium                keystore/
protobuf-c            proto/wire.h
signer\.pb-c          proto/wire.h
qrencode              ceremony/card/qr.c
seccomp               signer/sandbox/ ceremony/tool/sandbox.c
libpq                 nobody
sys/(socket|un)\.h    client/connection.c client/connection.h client/pkcs11/syslog_line.c signer/gate/
                      signer/ipc/room_fork.c signer/listener.c
                      signer/process/log.c signer/process/notify.c signer/process/notify_open.c
                      signer/sandbox/syscalls.c
                      ceremony/signers/peer.c ceremony/tool/private_directory.c ceremony/tool/sandbox.c
ROWS
}

calls() {
  cat <<'ROWS'
(open|openat|openat2|creat|fopen|freopen|opendir)  base/entries.c base/call_probe.c keystore/files/
                      keystore/kek/kek_file.c signer/main.c signer/listener.c signer/unseal_keys.c
                      signer/process/harden.c
                      signer/process/log_open.c signer/access/access_file.c
                      client/signerctl/file.c client/pkcs11/config.c ceremony/
(socket|socketpair|connect|bind|listen)  client/connection.c client/pkcs11/syslog_line.c signer/listener.c
                      signer/ipc/room_fork.c
                      signer/process/notify_open.c ceremony/tool/private_directory.c
(fork|vfork|posix_spawn)  base/call_probe.c signer/ipc/room_fork.c signer/spawn.c signer/sandbox/ ceremony/
(exec[lv][pe]*|fexecve|execveat)  ceremony/signers/private_signer.c
(strcpy|strcat|sprintf|vsprintf|gets|system|popen|rand|srand|tmpnam|mktemp|alloca)  nobody
ROWS
}

rows() { # each on one line, without comments
  sed '/^ *#/d' \
    | awk '/^ / { printf "%s", $0; next } { printf "%s%s", (NR > 1 ? "\n" : ""), $0 } END { print "" }'
}

includes_of() { # "file:line:header" of every #include "…" right in a folder
  grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' "$1"/*.[ch] 2>/dev/null \
    | sed -E 's/#[[:space:]]*include[[:space:]]*"([^"]+)"/\1/; s/:[[:space:]]+/:/'
}

check_folder() {
  local from=$1 place file line include folder ok; shift
  while IFS=: read -r file line include; do
    folder=${include%/*} ok=no
    [ "$folder" = "$from" ] && ok=yes
    for place in "$@"; do [ "$include" = "$place" ] || [ "$folder" = "$place" ] && ok=yes; done
    [ $ok = yes ] || complain "$file:$line includes \"$include\": $from may use only ${*:-itself}"
  done < <(includes_of "$from")
}

# Lines that match may stand in these places alone.
check_places() {
  local what=$1 pattern=$2 file line place ok; shift 2
  while IFS=: read -r file line _; do
    ok=no
    for place in "$@"; do
      [[ $file == "$place" || ( $place == */ && $file == "$place"* ) ]] && ok=yes
    done
    [ $ok = yes ] || complain "$file:$line has $what: only $* may"
  # shellcheck disable=SC2086 # a list of folders
  done < <(grep -rnE --include='*.[ch]' "$pattern" $roots || true)
}

# A tree without these folders is no tree of ours.
for needed in $roots; do
  [ -d "$needed" ] || complain "$needed/ is missing"
done
[ $wrong = 0 ] || exit 1

while read -r folder allowed; do
  # shellcheck disable=SC2086 # what it may use
  check_folder "$folder" $allowed
done < <(picture | rows)
all_rows=$(picture | rows)
while IFS= read -r folder; do
  grep -qE "^$folder( |\$)" <<< "$all_rows" || complain "$folder/ has no row in the picture"
# shellcheck disable=SC2086
done < <(find $roots -name '*.[ch]' -printf '%h\n' | sort -u)

while read -r header places; do
  # shellcheck disable=SC2086
  check_places "<$header>" "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$header" $places
done < <(libraries | rows)
while read -r call places; do
  # shellcheck disable=SC2086 # not a definition, a member or a word of a comment
  check_places "$call(…)" "^[^*/\"]*(^|[^a-z_A-Z0-9>.])$call\(" $places
done < <(calls | rows)

# A room is one function that gives up its rights, and there are three.
count=$(grep -rhE '^[[:space:]]+sandbox_enter\(ROOM_' signer | wc -l)
[ "$count" = 5 ] || complain "sandbox_enter is called $count times, for five rooms"

# Secrets are compared by secret_equal; a memcmp in these files is of public bytes and counted.
while read -r file most; do
  found=$(grep -cE '\bmemcmp\(' "$file" || true)
  [ "$found" -le "$most" ] || complain "$file uses memcmp $found times, $most are known to be of public bytes"
done <<'ROWS'
keystore/kek/kek.c 2
keystore/kek/header.c 1
keystore/key/seal.c 0
keystore/key/sealed_key.c 7
keystore/memory/secret.c 0
signer/vault/vault.c 1
signer/vault/crypto.c 1
signer/vault/signature.c 0
signer/courier.c 0
ROWS

[ $wrong = 0 ] && echo "layers: the includes, libraries and calls follow the picture"
exit $wrong
