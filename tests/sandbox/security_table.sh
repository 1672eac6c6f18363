#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The table in SECURITY.md is the one that the filter is made from.
#
#   security_table.sh PRINTER SECURITY.md
set -euo pipefail
shown=$(sed -n '/^| call | gate | inspector | store | vault | access | why |$/,/^$/p' "$2" | sed '/^$/d')
if ! difference=$(diff <(echo "$shown") <("$1")); then
  echo "$2: its table of system calls is not that of signer/sandbox/syscalls.c (< shown, > in force):" >&2
  echo "$difference" >&2
  exit 1
fi
echo "security_table: $(("$(echo "$shown" | wc -l)" - 2)) system calls are as shown"
