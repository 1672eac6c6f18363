// SPDX-License-Identifier: Apache-2.0

//go:build go1.25

package signer

import "crypto"

var _ crypto.MessageSigner = (*Key)(nil)
