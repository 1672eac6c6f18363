#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Has spin look at every state of the models beside this script, and then of models from which one thing was taken away:
# each of those must lead to a violation, so what was taken away is needed, and its violation would be found.
#
#   run.sh [FOLDER]   works in FOLDER, or in a temporary one
set -euo pipefail
models=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"
cd "$folder"
wrong=0

# spin's verifier of one model: explore MODEL "SPIN'S OPTIONS" "COMPILER'S OPTIONS" "VERIFIER'S OPTIONS"
explore() {
  rm -f pan pan.* ./*.trail
  # shellcheck disable=SC2086 # lists of options
  spin $2 -a "$models/$1.pml" >spin.log 2>&1 && cc -O2 -w -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=2000 $3 -o pan pan.c \
    && ./pan -m4000000 $4 >pan.log 2>&1 || { cat spin.log; echo "$1 $2: cannot be explored"; exit 1; }
}

errors() { sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log; }

is_whole() { ! grep -qE 'error: max search depth|out of memory|aborting' pan.log; }

holds() {
  if [ "$(errors)" = 0 ] && is_whole; then
    echo "holds: $1 ($(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.log) states)"
  else
    cat pan.log
    echo "does not hold, or is too large: $1"
    wrong=1
  fi
}

fails() {
  if [ "$(errors)" = 1 ]; then
    echo "is needed: $1"
  else
    echo "nothing is wrong although it was taken away: $1"
    wrong=1
  fi
}

safety() { explore "$1" "${2:-}" "-DSAFETY -DNOCLAIM" ""; }
progress() { explore "$1" "-DPROGRESS ${3:-}" -DNFAIR=5 "-a -f -N $2"; }

safety replicas; holds "replicas: one signs and one destroys"
safety replicas "-DBOTH -DKEYS=1"; holds "replicas: both sign and destroy"
progress replicas let_in -DKEYS=1; holds "replicas: who knocks is let in"
progress replicas answered "-DBOTH -DKEYS=1"; holds "replicas: a destroy is answered"
safety rekey; holds "rekey"
progress rekey free; holds "rekey: the lock becomes free"

for part in LEASE LEASE_AT_ANSWER FORGETS WHOLE_ROUND ASKING_THE_GATE WAIT_FOR_WHAT_IS_GONE WAIT LOCK_OF_THE_GATE; do
  safety replicas "-DWITHOUT_$part"; fails "replicas: $part"
done
safety replicas "-DBOTH -DKEYS=1 -DWITHOUT_WATCHING_WHAT_IS_REMOVED"; fails "replicas: WATCHING_WHAT_IS_REMOVED"
progress replicas let_in "-DKEYS=1 -DWITHOUT_HEARING_KNOCKS"; fails "replicas: HEARING_KNOCKS"
progress replicas answered "-DBOTH -DKEYS=1 -DWITHOUT_RELEASE"; fails "replicas: RELEASE"
for part in LOCK RETIRED SYNC SYNC_OF_REMOVAL SECOND_PASS SYNC_OF_KEY SETTLING; do
  safety rekey "-DWITHOUT_$part"; fails "rekey: $part"
done
progress rekey free -DWITHOUT_UNLOCK; fails "rekey: UNLOCK"
exit $wrong
