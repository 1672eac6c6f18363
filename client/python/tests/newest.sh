#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the Python package with the newest cryptography and mypy that PyPI has. For ./check --long: it needs the
# network. BIN, SOURCE and TOOLS as for the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../../deploy/packages.sh"

/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || packages_install python3-venv
work=$(mktemp -d /tmp/signer-python-XXXXXX)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check cryptography mypy protobuf setuptools wheel \
  || { echo "newest: PyPI cannot give the packages" >&2; exit 1; }
"$work/venv/bin/pip" list --disable-pip-version-check
"$work/venv/bin/python" -m unittest discover -v -s "$here"
