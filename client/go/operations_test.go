// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var background = context.Background()

func TestTheSignerTellsAboutItself(t *testing.T) {
	client, _ := served(t)
	hello, err := client.Hello(background)
	wantNone(t, err)
	wantEqual(t, hello.Protocol, 1)
	wantEqual(t, hello.State, StateOpen)
	wantEqual(t, slices.Equal(hello.Roles, []string{"sign", "admin", "operator", "monitor"}), true)
	wantEqual(t, slices.Contains(hello.Algorithms, "ec-p256"), true)
	wantEqual(t, hello.InFlightMax, inFlightMax)
	health, err := client.Health(background)
	wantNone(t, err)
	wantEqual(t, health.IsReady() && health.Writable && health.Reopens && health.Vaults == 1, true)
	wantEqual(t, health.Protections["seccomp"] != "", true)
	stats, err := client.Stats(background)
	wantNone(t, err)
	wantEqual(t, stats["connections"], 1)
}

func mustGenerate(t testing.TB, client *Client, id, algorithm string) *Key {
	t.Helper()
	key, created, err := client.GenerateKey(background, id, algorithm, Policy{})
	wantNone(t, err)
	wantEqual(t, created, true)
	return key
}

func hashed(hash crypto.Hash, message []byte) []byte {
	state := hash.New()
	state.Write(message)
	return state.Sum(nil)
}

func wantVerified(t *testing.T, public crypto.PublicKey, message, signature []byte, opts crypto.SignerOpts) {
	t.Helper()
	verified := false
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		verified = ecdsa.VerifyASN1(public, hashed(opts.HashFunc(), message), signature)
	case ed25519.PublicKey:
		verified = ed25519.Verify(public, message, signature)
	case *rsa.PublicKey:
		if pss, isPSS := opts.(*rsa.PSSOptions); isPSS {
			verified = rsa.VerifyPSS(public, pss.Hash, hashed(pss.Hash, message), signature,
				&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		} else {
			verified = rsa.VerifyPKCS1v15(public, opts.HashFunc(), hashed(opts.HashFunc(), message), signature) == nil
		}
	}
	if !verified {
		t.Fatalf("a signature by %T with %v does not verify", public, opts)
	}
}

func optionsOf(algorithm string) []crypto.SignerOpts {
	hashes := []crypto.SignerOpts{crypto.SHA256, crypto.SHA384, crypto.SHA512}
	switch {
	case strings.HasPrefix(algorithm, "rsa"):
		return append(hashes, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256},
			&rsa.PSSOptions{SaltLength: 48, Hash: crypto.SHA384})
	case strings.HasPrefix(algorithm, "ec"):
		return hashes
	}
	return []crypto.SignerOpts{crypto.Hash(0), &ed25519.Options{}, nil}
}

func TestEveryKindOfKeySignsDigestsOrMessages(t *testing.T) {
	client, _ := served(t)
	message := []byte("to be signed")
	for _, algorithm := range []string{"ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519"} {
		key := mustGenerate(t, client, algorithm, algorithm)
		for _, opts := range optionsOf(algorithm) {
			input := message
			if opts != nil && opts.HashFunc() != 0 {
				input = hashed(opts.HashFunc(), message)
			}
			signature, err := key.Sign(rand.Reader, input, opts)
			wantNone(t, err)
			wantVerified(t, key.Public(), message, signature, opts)
			signature, err = key.SignMessage(nil, message, opts)
			wantNone(t, err)
			wantVerified(t, key.Public(), message, signature, opts)
		}
	}
}

func TestAKeyThatGoHasNoTypeForSignsMessages(t *testing.T) {
	client, _ := served(t)
	key := mustGenerate(t, client, "ca", "ed448")
	signature, err := key.Sign(nil, []byte("to be signed"), crypto.Hash(0))
	wantNone(t, err)
	wantEqual(t, len(signature), 114)
	public := key.Public().(*PublicKey)
	again, err := client.GetKey(background, "ca")
	wantNone(t, err)
	wantEqual(t, public.Equal(again.Public()), true)
	wantEqual(t, public.Equal(&PublicKey{}), false)
	wantEqual(t, public.Equal(ed25519.PublicKey{}), false)
}

func TestWhatTheSignerCannotDoIsRefusedAndNotIgnored(t *testing.T) {
	client, _ := served(t)
	rsaKey, ecKey := mustGenerate(t, client, "rsa", "rsa-2048"), mustGenerate(t, client, "ec", "ec-p256")
	edKey := mustGenerate(t, client, "ed", "ed25519")
	before, err := client.Stats(background)
	wantNone(t, err)
	digest := make([]byte, 32)
	for rule, c := range map[string]struct {
		key  *Key
		opts crypto.SignerOpts
	}{
		"SHA-1":                     {ecKey, crypto.SHA1},
		"no hash":                   {ecKey, crypto.Hash(0)},
		"no options":                {rsaKey, nil},
		"a digest of another size":  {ecKey, crypto.SHA384},
		"PSS without a hash":        {rsaKey, &rsa.PSSOptions{}},
		"PSS with the longest salt": {rsaKey, &rsa.PSSOptions{Hash: crypto.SHA256}},
		"PSS with a short salt":     {rsaKey, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 20}},
		"Ed25519ph":                 {edKey, &ed25519.Options{Hash: crypto.SHA512}},
		"Ed25519ctx":                {edKey, &ed25519.Options{Context: "x"}},
		"a hash for Ed25519":        {edKey, crypto.SHA256},
		"options of another kind":   {edKey, otherOptions{}},
	} {
		_, err := c.key.Sign(rand.Reader, digest, c.opts)
		if err == nil {
			t.Fatalf("%s was signed", rule)
		}
		wantError(t, err, StatusInvalidArgument, ReasonArgument, c.key.ID)
	}
	after, err := client.Stats(background)
	wantNone(t, err)
	wantEqual(t, after["requests"], before["requests"]+1)
}

type otherOptions struct{}

func (otherOptions) HashFunc() crypto.Hash { return 0 }

func TestAPolicyIsTheKeys(t *testing.T) {
	client, _ := served(t)
	policy := Policy{Schemes: []Scheme{RSAPSS}, Hashes: []Hash{SHA512}}
	key, _, err := client.GenerateKey(background, "pss", "rsa-2048", policy)
	wantNone(t, err)
	wantEqual(t, reflect.DeepEqual(key.Policy, policy), true)
	sum256, sum512 := sha256.Sum256(nil), sha512.Sum512(nil)
	_, err = key.Sign(nil, sum512[:], crypto.SHA512)
	wantError(t, err, StatusPermissionDenied, ReasonPolicyScheme)
	_, err = key.Sign(nil, sum256[:], &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256})
	wantError(t, err, StatusPermissionDenied, ReasonPolicyHash)
	opts := &rsa.PSSOptions{SaltLength: 64, Hash: crypto.SHA512}
	signature, err := key.Sign(nil, sum512[:], opts)
	wantNone(t, err)
	wantVerified(t, key.Public(), nil, signature, opts)
}

func TestGeneratingAgainReturnsTheSameKeyAndDestroyingSaysWhetherThereWasOne(t *testing.T) {
	client, _ := served(t)
	first := mustGenerate(t, client, "ca", "")
	again, created, err := client.GenerateKey(background, "ca", "ec-p256", Policy{})
	wantNone(t, err)
	wantEqual(t, created, false)
	wantEqual(t, reflect.DeepEqual(again.KeyInfo, first.KeyInfo), true)
	_, _, err = client.GenerateKey(background, "ca", "ed25519", Policy{})
	wantError(t, err, StatusAlreadyExists, ReasonKeyExists, "ca")
	for _, wanted := range []bool{true, false} {
		existed, err := client.DestroyKey(background, "ca")
		wantNone(t, err)
		wantEqual(t, existed, wanted)
	}
	_, err = client.GetKey(background, "ca")
	wantError(t, err, StatusNotFound, ReasonKeyUnknown, "ca")
}

func TestTheListGoesOverAllPages(t *testing.T) {
	client, _ := served(t)
	var wanted []string
	for n := range 7 {
		wanted = append(wanted, fmt.Sprintf("key-%d", n))
		mustGenerate(t, client, wanted[n], "ed25519")
	}
	page, err := client.ListPage(background, "key-1", 2)
	wantNone(t, err)
	wantEqual(t, len(page.Keys) == 2 && page.More && page.Keys[0].ID == "key-2", true)
	var got []string
	for key, err := range client.ListKeys(background, "") {
		wantNone(t, err)
		if got = append(got, key.ID); key.ID == "key-5" {
			break
		}
	}
	wantEqual(t, slices.Equal(got, wanted[:6]), true)
	for range client.ListKeys(background, "z") {
		t.Fatal("a key after the last one")
	}
	client.Close()
	for _, err := range client.ListKeys(background, "") {
		wantError(t, err, StatusInvalidArgument, ReasonArgument)
	}
}

func TestWhatIsTooLongOrWrongIsRefusedBeforeItIsSent(t *testing.T) {
	client, _ := served(t)
	long := strings.Repeat("x", 65)
	_, emptyID := client.GetKey(background, "")
	_, longID := client.GetKey(background, long)
	_, longAfter := client.ListPage(background, long, 0)
	_, noID := client.DestroyKey(background, "")
	_, _, longName := client.GenerateKey(background, "ca", long[:33], Policy{})
	_, _, manySchemes := client.GenerateKey(background, "ca", "", Policy{Schemes: make([]Scheme, 9)})
	_, longMessage := client.Sign(background, SignRequest{ID: "ca", Scheme: EdDSA, Message: make([]byte, 1<<20)})
	_, almost := client.Sign(background, SignRequest{ID: "ca", Scheme: EdDSA, Message: make([]byte, 1<<20-28)})
	_, both := client.Sign(background, SignRequest{ID: "ca", Scheme: EdDSA, Digest: make([]byte, 32)})
	_, other := client.Sign(background, SignRequest{ID: "ca", Scheme: ECDSA, Message: make([]byte, 32)})
	_, longDigest := client.Sign(background, SignRequest{ID: "ca", Scheme: ECDSA, Digest: make([]byte, 65)})
	_, bound := client.Sign(background, SignRequest{ID: "ca", Scheme: ECDSA, PublicKeySHA256: make([]byte, 31)})
	none := client.SetCertificate(background, "ca", nil)
	longChain := client.SetCertificate(background, "ca", make([]byte, certificateMax+1))
	for _, err := range []error{emptyID, longID, longAfter, noID, longName, manySchemes, longMessage, almost, both, other,
		longDigest, bound, none, longChain} {
		wantError(t, err, StatusInvalidArgument, ReasonArgument)
	}
	stats, err := client.Stats(background)
	wantNone(t, err)
	wantEqual(t, stats["requests"], 1)
}

func TestAMessageOfAlmostAMebibyteIsSigned(t *testing.T) {
	client, _ := served(t)
	key := mustGenerate(t, client, "ca", "ed25519")
	message := bytes.Repeat([]byte("x"), 1<<20-200)
	signature, err := key.Sign(nil, message, crypto.Hash(0))
	wantNone(t, err)
	wantVerified(t, key.Public(), message, signature, crypto.Hash(0))
}
