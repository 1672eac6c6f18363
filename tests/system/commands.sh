#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ./demo and ./check do before they build: explain themselves, refuse what they do not know, and leave a user's
# tree the user's where root runs them. That they build and pass is interop/two_commands.sh's.
set -euo pipefail
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/deploy"
cp "$SOURCE"/{demo,check} "$work/"
cp "$SOURCE/deploy/packages.sh" "$work/deploy/"
cd "$work"
fail() { echo "commands: $*"; exit 1; }

for command in demo check; do
  ./$command --help > help || fail "./$command --help does not end well"
  grep -q -- "--help\|--quick" help && ! grep -q '^# ' help || fail "./$command --help does not explain it"
  code=0
  ./$command --nonsense 2> why || code=$?
  [ $code = 2 ] && grep -q "no option --nonsense" why || fail "./$command takes any option"
  [ ! -e build ] || fail "./$command --help builds"
done

if [ "$(id -u)" = 0 ]; then
  user=$(awk -F: '$3 > 0 && $3 < 65534 { print $1; exit }' /etc/passwd)
  as_user() { setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups bash -c ". deploy/packages.sh; $1"; }
  chown -R "$user": .
  mkdir build # as root makes it
  echo built > build/file
  echo kept > elsewhere
  ln -s ../elsewhere build/link
  if as_user tree_is_ours 2> why; then fail "build files of root are not noticed"; fi
  grep -q "belongs to another user.*sudo chown -R $user build" why || fail "$(cat why)"
  (. deploy/packages.sh; tree_give_back)
  as_user tree_is_ours || fail "what root built stays root's"
  [ -z "$(find build ! -user "$user")" ] || fail "not all is the user's"
  [ "$(stat -c %U elsewhere)" = root ] || fail "a link out of build/ was followed"
fi
echo "commands: ./demo and ./check explain themselves, and leave a user's tree the user's"
