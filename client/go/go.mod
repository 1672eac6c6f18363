// SPDX-License-Identifier: Apache-2.0
module signer/client/go

go 1.24
