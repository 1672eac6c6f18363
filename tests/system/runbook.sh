#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ceremony/RUNBOOK.md, word for word: its example plans and site files are written as they stand, and every
# block after a line <!-- try --> is run, in order, in a home directory of its own.
set -euo pipefail
export HOME SOURCE PATH="$BIN:$PATH"
HOME=$(mktemp -d)
chmod 700 "$HOME"
trap 'rm -rf "$HOME"' EXIT
cd "$HOME"

# <!-- file NAME --> and the block after it: a file of that name. <!-- try --> and the block: commands.
awk -v steps="$HOME/steps" '
  /^<!-- file [a-z.]+ -->$/ { into = $3; next }
  /^<!-- try -->$/          { into = steps; tried++; next }
  /^```/ && open            { open = 0; close(into); into = ""; next }
  /^```/ && into != ""      { open = 1; if (into == steps) print ": line " NR >> steps; next }
  open                      { print >> into }
  END                       { exit open || tried < 15 }
' "$SOURCE/ceremony/RUNBOOK.md" || { echo "the steps were not found in RUNBOOK.md"; exit 1; }

# What page 2 finds on its medium.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$HOME/other.pem" \
  -subj "/CN=Example Issuing CA/O=Example" -out "$HOME/issuing-ca.csr" 2>/dev/null

# A shell of its own, so that the first command that fails ends it; a pipe says what its last command says.
cat > "$HOME/run" <<'END'
set -eux
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "${SHARES:-$HOME/none}"' EXIT
END
cat "$HOME/steps" >> "$HOME/run"
bash "$HOME/run" > "$HOME/out" 2> "$HOME/err" || { cat "$HOME/out" "$HOME/err"; exit 1; }

[ "$(grep -c 'a ceremony is led at a terminal' "$HOME/out")" = 4 ]
[ "$(grep -c 'Verified OK' "$HOME/out")" = 1 ]
grep -q 'transcript: .* proven by MAC' "$HOME/out"
grep -q 'chain whole' "$HOME/out"
if grep -q '[1-9][0-9]* wrong' "$HOME/out"; then cat "$HOME/out"; exit 1; fi
echo "the steps of RUNBOOK.md work as they stand"
