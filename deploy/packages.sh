# SPDX-License-Identifier: Apache-2.0
# Sourced by ./demo and ./check: installs the Debian packages that are missing.
#
#   packages_install NAME…   as root, or with sudo; prints what it installs, does nothing if all are installed

BUILD_PACKAGES="gcc cmake ninja-build pkg-config libc6-dev libssl-dev openssl libsodium-dev
  libseccomp-dev libqrencode-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler"
TEST_PACKAGES="clang clang-format-19 libclang-rt-dev libcunit1-dev universal-ctags python3 python3-protobuf
  python3-cryptography poppler-utils zbar-tools strace procps util-linux man-db e2fsprogs mount git"
LONG_PACKAGES="spin"

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
