// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"context"
	"crypto"
	"testing"
)

// describe encodes a key that has the id "ca" and one scheme.
func describe(algorithm string, scheme Scheme, public []byte) []byte {
	policy := appendPacked(nil, 1, []Scheme{scheme})
	return join(text(1, "ca"), text(2, algorithm), text(3, string(policy)), text(4, string(public)))
}

func TestAPostQuantumKeySignsMessagesByItsScheme(t *testing.T) {
	for scheme, algorithm := range map[Scheme]string{MLDSA: "ml-dsa-65", SLHDSA: "slh-dsa-sha2-128s"} {
		key := text(1, string(describe(algorithm, scheme, []byte("spki"))))
		server := newFake(t, socketIn(t, "s"), sends(answer(1, opGetKey, key), false), serve)
		client := clientOf(t, nil, server.path)
		loaded, err := client.GetKey(context.Background(), "ca")
		wantNone(t, err)
		wantEqual(t, loaded.Public().(*PublicKey).Equal(&PublicKey{algorithm, []byte("spki")}), true)
		_, err = loaded.Sign(nil, []byte("x"), crypto.Hash(0))
		wantNone(t, err)
		_, err = loaded.Sign(nil, make([]byte, 32), crypto.SHA256)
		wantError(t, err, StatusInvalidArgument, ReasonArgument, algorithm)
		wanted, err := (&SignRequest{ID: "ca", Scheme: scheme, Message: []byte("x"),
			PublicKeySHA256: loaded.PublicKeySHA256()}).request()
		wantNone(t, err)
		wantEqual(t, bytes.Equal(server.seen()[1].content, wanted.content), true)
	}
}

func TestAChainThatCannotBeReadIsAnError(t *testing.T) {
	broken := KeyInfo{ID: "ca", Certificate: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}
	if _, err := broken.Chain(); err == nil {
		t.Error("a chain of nothing")
	}
}
