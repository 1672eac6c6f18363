#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Go client as gofmt and every check of go vet have it, and its tests, against the signer in BIN. Without a network.
#
#   test.sh [OPTION…]      options of go test: -race, -run NAME
#
# GO is the go command. It keeps what it builds where it always does: only the first run on a machine builds all of it.
set -euo pipefail
cd "$(dirname "$0")"
go=${GO:-go}
[ -n "${GOCACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ] || export GOCACHE=$BIN/../go
export GOTOOLCHAIN=local GOWORK=off GOPROXY=off GOFLAGS=-mod=readonly
gofmt=$("$go" env GOROOT)/bin/gofmt
[ -x "$gofmt" ] || gofmt=$(command -v gofmt || true)
if [ -n "$gofmt" ]; then
  others=$("$gofmt" -l .)
  [ -z "$others" ] || { echo "gofmt would change: $others" >&2; exit 1; }
fi
exec "$go" test -vet=all -count=1 "$@" ./...
