#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One hand: C as .clang-format has it, and what .editorconfig says of all text: no tab, no blank at the end of a
# line, a newline at the end of a file, no line over 120 columns but in documents and data, the licence in each source.
# Go's tabs are gofmt's, which the test of the Go client asks.
#
# `format.sh` judges the tree, `format.sh --fix` formats its C.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/../.."
wrong=0

complain() { echo "format: $1" >&2; wrong=1; }

files() { # of the tree that end in one of these
  local pattern
  pattern="($(IFS='|'; echo "$*"))\$"
  find . '(' -path ./build -o -path ./.git -o -path ./tests/fuzz/seeds -o -path ./tests/vectors ')' -prune -o -type f \
    -print | grep -E "$pattern" | sort
}

mapfile -t sources < <(files '\.c' '\.h')
if [ "${1:-}" = --fix ]; then
  clang-format-19 -i "${sources[@]}"
  exit 0
fi
while IFS= read -r line; do complain "$line"; done < <(
  clang-format-19 --dry-run "${sources[@]}" 2>&1 | grep -E 'warning|error' | sort -u -t: -k1,2 | head -20 || true)

mapfile -t texts < <(files '\.[ch]' '\.sh' '\.py' '\.cmake' 'CMakeLists\.txt' '\.proto' '/demo' '/check' '\.ci/run')
mapfile -t go < <(files '\.go' '/go\.mod')
while IFS= read -r line; do complain "$line: longer than 120 columns"; done < <(grep -nHE '^.{121,}' "${texts[@]}" \
  "${go[@]}" | cut -d: -f1,2 || true)
licensed=("${texts[@]}" "${go[@]}")
mapfile -t -O ${#texts[@]} texts < <(files '\.md' '\.json')
while IFS= read -r line; do complain "$line: a tab"; done < <(grep -nHP '\t' "${texts[@]}" | cut -d: -f1,2 || true)
while IFS= read -r line; do complain "$line: a blank at its end"; done < <(grep -nHE ' $' "${texts[@]}" \
  | cut -d: -f1,2 || true)
for file in "${texts[@]}"; do
  [ -z "$(tail -c 1 "$file")" ] || complain "$file: no newline at its end"
done

for file in $(grep -L 'SPDX-License-Identifier: Apache-2.0' "${licensed[@]}"); do complain "$file: no SPDX line"; done

[ $wrong = 0 ] && echo "format: one hand"
exit $wrong
