# SPDX-License-Identifier: Apache-2.0
# Sourced by ./demo and ./check: installs the Debian packages that are missing, and leaves the tree its owner's.
#
#   packages_install NAME…   as root, or with sudo; prints what it installs, does nothing if all are installed
#   tree_is_ours             whether the build files can be written; says what to do where not
#   tree_give_back           where root has built in somebody's tree (sudo ./demo): the build files become theirs

BUILD_PACKAGES="gcc cmake ninja-build pkg-config libc6-dev libssl-dev openssl libsodium-dev
  libseccomp-dev libqrencode-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler"
TEST_PACKAGES="clang clang-format-19 libclang-rt-dev libcunit1-dev universal-ctags python3 python3-protobuf
  python3-cryptography opensc poppler-utils zbar-tools strace procps systemd util-linux man-db e2fsprogs mount git"
LONG_PACKAGES="spin nginx-light apache2 haproxy stunnel4 lighttpd lighttpd-mod-openssl postgresql mosquitto
  redis-server curl osslsigncode sbsigntool systemd-boot-efi gnutls-bin openssh-client default-jdk-headless
  python3-venv"

packages_as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "$0: these packages are missing, and installing them needs root or sudo:$missing" >&2
    return 1
  fi
}

packages_install() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' \
      || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "installing:$missing"
  packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
  # shellcheck disable=SC2086 # a list of names
  packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends $missing >/dev/null
}

tree_is_ours() {
  local foreign
  [ "$(id -u)" != 0 ] && [ -e build ] || return 0
  foreign=$(find build ! -uid "$(id -u)" ! -writable ! -type l -print -quit 2>/dev/null)
  [ -n "$foreign" ] || return 0
  echo "$0: $foreign belongs to another user, and cannot be built anew: sudo chown -R $(id -un) build" >&2
  return 1
}

tree_give_back() {
  if [ "$(id -u)" = 0 ] && [ "$(stat -c %u .)" != 0 ] && [ -e build ]; then
    chown -R --no-dereference --reference=. build || true
  fi
}
