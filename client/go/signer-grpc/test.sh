#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# signer-grpc's tests, against the signer in BIN. For ./check --long: the modules that it needs are downloaded, into
# GOCACHE where that is set. GO is the go command.
set -euo pipefail
cd "$(dirname "$0")"
export GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=readonly -modcacherw"
[ -z "${GOCACHE:-}" ] || export GOMODCACHE=$GOCACHE/modules
exec "${GO:-go}" test -vet=all -race -count=1 "$@" ./...
