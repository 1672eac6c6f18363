// SPDX-License-Identifier: Apache-2.0

//go:build !go1.27

package signer

import "crypto"

func isPlainMLDSA(crypto.SignerOpts) bool { return false }
