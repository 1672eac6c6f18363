#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ./demo and ./check on a bare Debian 13, as the two people do them who have just fetched this: root in /root, and a
# user with sudo in a home that is closed to others. Needs root, the network and half an hour; ./check --long runs it.
#
#   two_commands.sh             makes the Debian and runs all of it there
#   two_commands.sh --inside    in that Debian, in a copy of the tree
set -euo pipefail
if [ "${1-}" != --inside ]; then
  cd "$(dirname "$0")/../.."
  [ "$(id -u)" = 0 ] || { echo "two_commands: needs root to make a Debian 13: not run"; exit 77; }
  exec deploy/debian13.sh tests/interop/two_commands.sh --inside
fi

say() { echo "two_commands: $*"; }
is_done() { grep -qx 'demo: done, and cleaned up' "$1" || { tail -n 40 "$1"; exit 1; }; }
all_of() { # USER: everything below build/ is that user's
  local other
  other=$(find build ! -user "$1" -print -quit)
  [ -z "$other" ] || { say "$other is not $1's"; exit 1; }
}

say "root, in /root: --help builds nothing and installs nothing"
chmod 700 /root
cp -r /signer /root/signer
cd /root/signer
./demo --help | grep -q -- '--help'
[ ! -e build ] && ! command -v cmake
say "root, in /root: ./demo, twice"
for _ in 1 2; do
  ./demo > /tmp/demo.log 2>&1 || true
  is_done /tmp/demo.log
done

say "a user with sudo, in a closed home: sudo ./demo, and then ./demo"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sudo > /dev/null
useradd --create-home --shell /bin/bash newcomer
echo 'newcomer ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/newcomer
cp -r /signer /home/newcomer/signer
chown -R newcomer: /home/newcomer
chmod 700 /home/newcomer
cd /home/newcomer/signer
as_newcomer() { setpriv --reuid newcomer --regid newcomer --init-groups env HOME=/home/newcomer "$@"; }
as_newcomer sudo ./demo > /tmp/demo.log 2>&1 || true
is_done /tmp/demo.log
all_of newcomer
as_newcomer ./demo > /tmp/demo.log 2>&1 || true
is_done /tmp/demo.log

say "both: ./check --quick"
cd /root/signer
./check --quick > /tmp/check.log 2>&1 || { tail -n 60 /tmp/check.log; exit 1; }
cd /home/newcomer/signer
as_newcomer sudo ./check --quick > /tmp/check.log 2>&1 || { tail -n 60 /tmp/check.log; exit 1; }
all_of newcomer
as_newcomer ./check --quick > /tmp/check.log 2>&1 || { tail -n 60 /tmp/check.log; exit 1; }
say "done"
