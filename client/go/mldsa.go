// SPDX-License-Identifier: Apache-2.0

//go:build go1.27

package signer

import (
	"crypto"
	"crypto/mldsa"
)

func isPlainMLDSA(opts crypto.SignerOpts) bool {
	given, isMLDSA := opts.(*mldsa.Options)
	return isMLDSA && given.Context == ""
}
