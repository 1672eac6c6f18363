// SPDX-License-Identifier: Apache-2.0

//go:build go1.27

package signer

import (
	"crypto"
	"crypto/mldsa"
	"crypto/x509"
	"net"
	"testing"
)

// mldsaServer serves one key; package x509 checks what it has signed.
func mldsaServer(t *testing.T, private *mldsa.PrivateKey) handler {
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	wantNone(t, err)
	return func(server *fake, connection net.Conn) {
		for {
			request, open := server.read(connection)
			if !open {
				return
			}
			result := text(1, string(describe("ml-dsa-65", MLDSA, public)))
			if request.operation == opSign {
				d := decoder{rest: request.content}
				d.textOf(1)
				d.enumOf(2)
				message, _ := d.messageOf(5)
				signature, _ := private.Sign(nil, message, crypto.Hash(0))
				result = text(1, string(signature))
			}
			connection.Write(answer(request.id, request.operation, result))
		}
	}
}

func TestPackageX509IssuesACertificateByAnMLDSAKey(t *testing.T) {
	private, err := mldsa.GenerateKey(mldsa.MLDSA65())
	wantNone(t, err)
	server := newFake(t, socketIn(t, "s"), mldsaServer(t, private))
	key, err := clientOf(t, nil, server.path).GetKey(background, "ca")
	wantNone(t, err)
	certify(t, key, 0)
	_, err = key.Sign(nil, toSign, &mldsa.Options{})
	wantNone(t, err)
	_, err = key.Sign(nil, toSign, &mldsa.Options{Context: "x"})
	wantError(t, err, StatusInvalidArgument, ReasonArgument, "context")
	_, err = key.Sign(nil, toSign, crypto.MLDSAMu)
	wantError(t, err, StatusInvalidArgument, ReasonArgument)
}
