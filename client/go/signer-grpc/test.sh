#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests of signer-grpc, against the signer in BIN. For ./check --long: the modules that it needs are downloaded.
# GO is the go command.
set -euo pipefail
cd "$(dirname "$0")"
export GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly
exec "${GO:-go}" test -vet=all -race -count=1 "$@" ./...
