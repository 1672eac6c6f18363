// SPDX-License-Identifier: Apache-2.0

// Package signer requests signatures from a signer, an out-of-process CA signer with a sealed keystore, over its Unix
// socket. The private keys stay in the signer.
//
//	client, err := signer.Dial(ctx)
//	key, err := client.GetKey(ctx, "issuing-ca")
//	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
//
// A Client may be used by any number of goroutines at the same time. Their requests share one connection, with at most
// 256 in flight; further ones wait for their turn. A Key is a [crypto.Signer] and, from Go 1.25 on, a
// crypto.MessageSigner; every signature is by the key that was loaded, or there is none (KEY_CHANGED).
//
// Every call ends with its context, and at the latest after the client's timeout. The signer is told how much time is
// left. A call that ends early is given up; the signer may still carry it out.
//
// After a lost connection another one is made, and requests that are safe to repeat are sent once more, or once to each
// other socket. DestroyKey, SetCertificate and Seal are not repeated once they were written: CONNECTION_LOST, and
// whether they were done is not known.
//
// Every failure is an [*Error]. errors.Is compares it with a [Reason], a [Status], and with what a context says.
package signer
