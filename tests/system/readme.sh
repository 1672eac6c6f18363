#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The first page of README.md, word for word: the commands of the first steps are taken from the
# document and run in a home directory of their own.
set -euo pipefail
export HOME
HOME=$(mktemp -d)
chmod 700 "$HOME"
trap 'rm -rf "$HOME"' EXIT
mkdir -p "$HOME/signer/build" "$HOME/shm"
ln -s "$BIN" "$HOME/signer/build/bin"
ln -s "$LIB" "$HOME/signer/build/lib"
cd "$HOME/signer"

# The indented lines of one section.
section() { awk -v title="## $1" '$0 == title { on = 1; next } /^## / { on = 0 } on && /^    /' "$SOURCE/README.md"; }

# A shell of their own, which ends at the first command that fails; memory of their own for the shares.
{
  echo 'set -euxo pipefail'
  echo "trap 'kill \$(jobs -p) 2>/dev/null || true; wait' EXIT"
  section "First steps: an operator" | grep -v '^    \./demo$'
  section "First steps: custodians" | sed "s|/dev/shm|$HOME/shm|g"
  section "First steps: a control plane"
  section "First steps: on call, when the host is gone"
} > "$HOME/steps"
[ "$(wc -l < "$HOME/steps")" -gt 20 ] || { echo "the steps were not found in README.md"; exit 1; }
bash "$HOME/steps" > "$HOME/out" 2> "$HOME/err" || { cat "$HOME/out" "$HOME/err"; exit 1; }

grep -q 'Verified OK' "$HOME/out" && openssl verify -CAfile ca.pem ca.pem >/dev/null
grep -q '0 wrong' "$HOME/out"
echo "the steps of README.md work as they stand"
