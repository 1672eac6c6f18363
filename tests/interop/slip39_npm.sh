#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours and an independent SLIP-0039 (the npm package slip39) split and recover each other's secrets, by
# the real binary. For ./check --long: it needs the network, node and npm.
#
#   slip39_npm.sh [SETS]     so many sets in each direction (200); SEED=N repeats a run, BIN names our programs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../deploy/packages.sh"

package=slip39@0.1.9
command -v node >/dev/null && command -v npm >/dev/null || packages_install nodejs npm
work=$(mktemp -d /dev/shm/slip39-npm-XXXXXX) # shares and KEKs: never on a disk
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/npm" "$package" >"$work/npm.log" 2>&1 \
  || { cat "$work/npm.log" >&2; echo "slip39_npm: npm cannot give $package" >&2; exit 1; }
node "$here/slip39_npm.mjs" "${BIN:-$here/../../build/bin}/signer-ceremony" "$work" "${1:-200}" "${SEED:-$RANDOM}"
