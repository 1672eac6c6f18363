#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/recovery.md: its commands bring a CA back. Blocks after <!-- try before --> run where the CA is; then everything
# but the archive, three shares and what was published is deleted, and the blocks after <!-- try --> run, in order.
#
# Root runs them word for word, in an empty root directory with nothing but the programs, the unit files and a user
# `signer`. An ordinary user has other paths for the same, in a home of their own. lib/stand_in.sh stands for systemd: a
# unit's command lines are the unit's own. Custodians type at a terminal.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export SOURCE=${SOURCE:-$(cd "$here/../.." && pwd)} BIN LIB

# Everything below `work` is removed at the end, by the shell that made it. What root mounts there is mounted in a
# namespace that is gone by then; no directory of this machine is mounted at all.
finish() {
  [ ! -e "$work/home/run/signer.pid" ] || kill -KILL "$(cat "$work/home/run/signer.pid")" 2>/dev/null || true
  rm -rf --one-file-system "${work:?}"
}
if [ "${1:-}" != --in-a-namespace ]; then
  export work
  work=$(mktemp -d)
  chmod 755 "$work"
  trap finish EXIT
fi

blocks() { # MARK
  awk -v mark="<!-- $1 -->" '
    $0 == mark       { wanted = 1; tried++; next }
    /^```/ && open   { open = 0; wanted = 0; next }
    /^```/ && wanted { open = 1; print ": line " NR; next }
    open             { print }
    END              { exit open || !tried }
  ' "$SOURCE/docs/recovery.md" || { echo "no $1 was found in recovery.md" >&2; exit 1; }
}

stand_ins() { # the directory for programs
  install -m 0755 "$here/lib/stand_in.sh" "$1/systemctl"
  install -m 0755 "$here/lib/stand_in.sh" "$1/systemd-creds"
  install -m 0755 "$here/lib/stand_in.sh" "$1/runuser"
}

# -- a root directory with nothing but the programs

PROGRAMS="bash cat chmod chown cmp cp cut date env grep head id install ls mkdir mv openssl rm sed setpriv setsid
  sha256sum sleep tail tar tr wc"

copy_with_libraries() { # FILE TO
  cp "$1" "$2"
  local library
  for library in $(ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' || true); do
    mkdir -p "$root/usr${library%/*}"
    [ -e "$root/usr$library" ] || cp -L "$library" "$root/usr$library" 2>/dev/null || true
  done
}

make_root() { # sets root
  root=$1
  mkdir -p "$root"/{etc/ssl,etc/systemd/system,proc,dev,root,run,tmp,mnt/ca-archives} \
    "$root"/usr/{bin,sbin,lib,lib64} "$root/usr/usr"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
  ln -s ../lib "$root/usr/usr/lib"
  local program modules
  for program in $PROGRAMS; do copy_with_libraries "$(command -v "$program")" "$root/usr/bin/$program"; done
  ln -s bash "$root/usr/bin/sh"
  copy_with_libraries "$BIN/signer" "$root/usr/sbin/signer"
  for program in signer-ceremony signerctl; do copy_with_libraries "$BIN/$program" "$root/usr/bin/$program"; done
  modules=$(openssl version -m | cut -d'"' -f2)
  mkdir -p "$root$modules"
  copy_with_libraries "$LIB/signer.so" "$root$modules/signer.so"
  cp /etc/ssl/openssl.cnf "$root/etc/ssl/"
  mkdir -p "$root/usr/lib/ssl"
  cp /etc/ssl/openssl.cnf "$root/usr/lib/ssl/"
  printf '%s\n' 'root:x:0:0::/root:/bin/bash' 'signer:x:990:990::/nonexistent:/bin/false' > "$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'signer:x:990:' > "$root/etc/group"
  echo 'passwd: files' > "$root/etc/nsswitch.conf"
  cp "$SOURCE"/deploy/*.service "$root/etc/systemd/system/"
  stand_ins "$root/usr/bin"
  mkdir -m 0700 "$root/var" && chmod 755 "$root/var"
  mkdir -p "$root/var/lib" "$root/var/backups" # what Debian has; nobody has made the signer's
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=0755 dev "$root/dev"
  mkdir -m 1777 "$root/dev/shm"
  ln -s /proc/self/fd "$root/dev/fd"
  local device
  for device in null zero full random urandom tty; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
}

drop_root() { # the CA's directories; programs and mounts go with the namespace and with `work`
  rm -rf --one-file-system "${root:?}"/{root,var,etc,mnt,run}
}

# -- one life, its end, and another one

# What is there before anything is lost: a CA that has issued a certificate, and whose KEK only custodians have.
SETUP='
signer-ceremony init --keystore /var/lib/signer/keystore --kek kek --user signer
signer-ceremony split --kek kek --keystore /var/lib/signer/keystore --threshold 2 --shares 3 --out shares --no-cards
for member in 1 2 3; do
  signer-ceremony verify-share shares/share-$member.txt --keystore /var/lib/signer/keystore
done
signer-ceremony combine --check --keystore /var/lib/signer/keystore shares/share-[12].txt
rm kek
systemctl start signer-sealed
signer-ceremony unseal shares/share-1.txt shares/share-2.txt
runuser -u signer -- signerctl generate root-ca --algorithm ec-p384
runuser -u signer -- openssl req -x509 -key signer://root-ca -provider default -provider signer \
  -subj "/CN=Example Root CA" -days 3650 > root-ca.pem
runuser -u signer -- signerctl cert root-ca --set /dev/fd/3 3< root-ca.pem
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -subj /CN=server -out server.csr
runuser -u signer -- openssl x509 -req -CA signer://root-ca -CAkey signer://root-ca -provider default \
  -provider signer -days 30 < server.csr > issued-before.pem
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout new-ca.key -subj "/CN=New Root CA" \
  -out new-ca.csr
'

# What timers and the path unit start.
UNITS='
systemctl start signer-backup-changed
systemctl start signer-verify-backup
[ "$(ls /var/backups/signer | wc -l)" = 2 ]
'

# Where a KEK is a credential, as it is at the end of recovery.md.
DRILL='
systemctl start signer-drill
grep -l "verdict PASSED" /var/lib/signer/keystore/records/drill-*-kek.txt
'

script() { # the commands, on standard input: the first one that fails ends it
  echo 'set -eux'
  echo "trap 'systemctl stop signer 2> stop.log || true' EXIT"
  cat
}

check() { # OUTPUT OF THE RECOVERY
  if grep -q '[1-9][0-9]* wrong' "$1"; then cat "$1"; exit 1; fi
  [ "$(grep -c 'probe.pem: OK\|issued-before.pem: OK\|new-ca-cross.pem: OK' "$1")" = 3 ] || { cat "$1"; exit 1; }
  [ "$(grep -c 'PROVEN: this archive was made with KEK' "$1")" -ge 4 ] || { cat "$1"; exit 1; }
  grep -q 'missing *keys made after' "$1"
  grep -q 'destroy: the cards and shares of KEK' "$1"
}

lose_a_host_as_root() {
  make_root "$work/first"
  local inside=(env -i PATH=/usr/sbin:/usr/bin HOME=/root bash)
  { echo "$SETUP"; blocks "try before"; echo "$UNITS"; } | script > "$root/root/run"
  chroot "$root" "${inside[@]}" -c 'cd && exec bash run' > "$work/out-1" 2>&1 || { cat "$work/out-1"; exit 1; }

  # The host is gone. Shares are with people, the archive is elsewhere, certificates are published.
  mkdir "$work/people" "$work/elsewhere"
  mv "$root"/root/shares/share-?.txt "$work/people/"
  mv "$root"/mnt/ca-archives/*.tar "$root"/root/{root-ca,issued-before}.pem "$root/root/new-ca.csr" "$work/elsewhere/"
  drop_root

  make_root "$work/second"
  cp "$work"/elsewhere/*.tar "$root/mnt/ca-archives/"
  cp "$work"/elsewhere/*.pem "$work"/elsewhere/*.csr "$root/root/"
  { blocks try; echo "$DRILL"; } | script > "$root/root/run"
  python3 "$here/lib/typist.py" "$work/people" chroot "$root" "${inside[@]}" -c 'cd && exec bash run' \
    > "$work/out-2" 2>&1 || { cat "$work/out-2"; exit 1; }
  openssl verify -CAfile "$work/elsewhere/root-ca.pem" "$work/elsewhere/issued-before.pem" "$root/root/probe.pem"
  drop_root
  check "$work/out-2"
  rm -rf "${work:?}/people" "${work:?}/elsewhere"
}

# The same commands in a home: other paths, and no other user to give the keystore to.
lose_a_host_as_user() {
  home=$work/home
  mkdir -p "$home"/{bin,var/lib,var/backups/signer,etc/systemd/system,run,mnt/ca-archives,dev/shm,work}
  cp "$BIN"/{signer,signer-ceremony,signerctl} "$home/bin/"
  cp "$LIB/signer.so" "$home/"
  cp "$SOURCE"/deploy/*.service "$home/etc/systemd/system/"
  stand_ins "$home/bin"
  chmod -R go= "$home/var"
  other() {
    sed -E "s#(^|[ \"(=])/((var/lib|var/backups|run)/signer|mnt/ca-archives|etc/credstore|dev/shm)#\1$home/\2#g
      s#--user signer#--user $user#; s#-o signer -g signer ##; s#runuser -u signer -- ##"
  }
  if [ "$(id -u)" = 0 ]; then
    user=$(awk -F: '$3 > 0 && $3 < 65534 { print $1; exit }' /etc/passwd)
    chown -R "$user" "$home"
    become=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
  else
    user=$(id -un) become=()
  fi
  inside=("${become[@]}" env -i "PATH=$home/bin:$PATH" "HOME=$home/work" "OPENSSL_MODULES=$home"
    "SIGNER_SOCKET=$home/run/signer/signer.sock" SIGNER_ALLOW= bash -c 'cd && exec bash ../run-it')
  { echo "$SETUP"; blocks "try before"; echo "$UNITS"; } | other | script > "$home/run-it"
  "${inside[@]}" > "$work/out-1" 2>&1 || { cat "$work/out-1"; exit 1; }

  mkdir "$work/people"
  mv "$home"/work/shares/share-?.txt "$work/people/"
  rm -rf "${home:?}/var/lib/signer" "${home:?}"/var/backups/signer/* "${home:?}/run/signer" "${home:?}/work/shares"
  { blocks try; echo "$DRILL"; } | other | script > "$home/run-it"
  python3 "$here/lib/typist.py" "$work/people" "${inside[@]}" > "$work/out-2" 2>&1 || { cat "$work/out-2"; exit 1; }
  check "$work/out-2"
}

if [ "${1:-}" = --in-a-namespace ]; then
  lose_a_host_as_root
  echo "the steps of recovery.md work word for word, in an empty root directory"
  exit
fi
namespace=(unshare --mount --propagation private --pid --fork --kill-child)
if [ "$(id -u)" = 0 ] && "${namespace[@]}" true; then # not in every container
  "${namespace[@]}" bash "$0" --in-a-namespace
fi
lose_a_host_as_user
echo "the steps of recovery.md work for an ordinary user"
