// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"testing"

	"signer/client/go/internal/signertest"
)

// served is a client of a signer of its own.
func served(t testing.TB, options ...Option) (*Client, *signertest.Daemon) {
	t.Helper()
	signer := signertest.NewDaemon(t, signertest.NewKeystore(t))
	return clientOf(t, options, signer.Socket), signer
}
