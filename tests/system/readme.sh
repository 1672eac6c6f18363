#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The first page of README.md, word for word: the commands of the first steps are taken from the document and run in a
# home that is closed to others. An ordinary user has one of their own. Root does them in /root, twice: with a keystore
# of root's, and, as the page says, with one of another user (init --user), to whom root is a stranger with a role.
set -euo pipefail
export BIN LIB SOURCE

# The indented lines of one section.
section() { awk -v title="## $1" '$0 == title { on = 1; next } /^## / { on = 0 } on && /^    /' "$SOURCE/README.md"; }

steps() { # a shell of their own, which ends at the first command that fails; memory of their own for the shares
  echo 'set -euxo pipefail'
  echo "trap 'kill \$(jobs -p) 2>/dev/null || true; wait' EXIT"
  section "First steps: an operator" | grep -v '^    \./demo$'
  section "First steps: custodians" | sed "s|/dev/shm|$HOME/shm|g"
  section "First steps: a control plane"
  section "First steps: on call, when the host is gone"
}

try_in_home() { # AS INIT-OPTIONS: in $HOME, which is empty
  mkdir -p "$HOME/signer/build" "$HOME/shm"
  ln -s "$BIN" "$HOME/signer/build/bin"
  ln -s "$LIB" "$HOME/signer/build/lib"
  cd "$HOME/signer"
  steps | sed "s|^    signer-ceremony init .*|&$2|; s|\"\$(id -un)\"|${3:-&}|" > "$HOME/steps"
  [ "$(wc -l < "$HOME/steps")" -gt 20 ] || { echo "the steps were not found in README.md"; exit 1; }
  bash "$HOME/steps" > "$HOME/out" 2> "$HOME/err" || { cat "$HOME/out" "$HOME/err"; exit 1; }
  grep -q 'Verified OK' "$HOME/out" && openssl verify -CAfile ca.pem ca.pem >/dev/null
  grep -q '0 wrong' "$HOME/out"
  grep -q 'PROVEN: this archive was made with KEK' "$HOME/out"
  [ -z "$(ls "$HOME/shm")" ] || { echo "README.md leaves shares behind"; ls "$HOME/shm"; exit 1; }
  echo "the steps of README.md work as they stand: $1"
}

as_user() { try_in_home "an ordinary user" ""; }

as_root() { # USER: in a namespace, with /root as it is on a fresh host
  local user=$1
  mount -t tmpfs -o mode=0700 root /root
  export HOME=/root
  (try_in_home "root, with a keystore of root's" "")
  umount /root
  mount -t tmpfs -o mode=0700 root /root
  (try_in_home "root, with a keystore of $user's" " --user $user" "$user")
}

if [ $# -gt 0 ]; then
  "$@"
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home
mkdir -m 0700 "$HOME"
if [ "$(id -u)" != 0 ]; then
  as_user
  exit
fi

user=$(awk -F: '$3 > 0 && $3 < 65534 { print $1; exit }' /etc/passwd)
chmod 755 "$work"
mkdir "$work/programs" # a checkout may lie in a home that is closed to others
cp -r "$BIN" "$work/programs/bin"
mkdir "$work/programs/lib"
cp "$LIB"/*.so* "$work/programs/lib/"
cp "$SOURCE/README.md" "$work/programs/"
cp "$0" "$work/programs/readme.sh"
chmod -R go+rX "$work/programs"
chown "$user" "$HOME"
export BIN=$work/programs/bin LIB=$work/programs/lib SOURCE=$work/programs
script=$work/programs/readme.sh
setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups bash "$script" as_user
if unshare --mount --propagation private true 2>/dev/null; then # not in every container
  unshare --mount --propagation private bash "$script" as_root "$user"
else
  rm -rf "${HOME:?}"
  mkdir -m 0700 "$HOME"
  try_in_home "root, with a keystore of root's" ""
fi
