// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
)

// Key is a key of a signer: a [crypto.Signer], and from Go 1.25 on a crypto.MessageSigner. It was loaded once, and
// every signature is by that key: if its id has become another key's since, Sign fails with KEY_CHANGED.
//
// RSA and ECDSA keys sign digests of SHA-256, SHA-384 and SHA-512, as far as the key's policy allows. RSA is PKCS#1
// v1.5, or PSS with a salt as long as the hash: rsa.PSSOptions with rsa.PSSSaltLengthEqualsHash. The others sign whole
// messages of less than a mebibyte, with crypto.Hash(0).
type Key struct {
	KeyInfo
	client *Client
	ctx    context.Context
	public crypto.PublicKey
	bound  SignRequest // with the id and the SHA-256 of the public key
}

var _ crypto.Signer = (*Key)(nil)

// PublicKey is the public half of a key for which package x509 has no type: Ed448, SLH-DSA, and ML-DSA in older
// versions of Go.
type PublicKey struct {
	Algorithm string
	DER       []byte // SubjectPublicKeyInfo
}

// Equal tells whether other is the same *PublicKey.
func (p *PublicKey) Equal(other crypto.PublicKey) bool {
	same, known := other.(*PublicKey)
	return known && same != nil && bytes.Equal(p.DER, same.DER)
}

// newKey refuses a key that was not asked for, and one whose public half cannot be its algorithm's.
func newKey(client *Client, id string, info KeyInfo) (*Key, error) {
	if info.ID != id {
		return nil, newError(StatusInternal, ReasonProtocol,
			"the signer was asked for the key %s and answered with %s: which version is it?", id, info.ID)
	}
	public, err := parsePublic(info)
	if err != nil {
		return nil, newError(StatusInternal, ReasonProtocol, "the public key of %s (%s) cannot be read: %v", id,
			info.Algorithm, err).because(err)
	}
	return &Key{info, client, context.Background(), public,
		SignRequest{ID: id, PublicKeySHA256: info.PublicKeySHA256()}}, nil
}

// parsePublic also reads what package x509 does not.
func parsePublic(info KeyInfo) (crypto.PublicKey, error) {
	public, err := x509.ParsePKIXPublicKey(info.PublicKey)
	if err == nil {
		return public, nil
	}
	if info.signsMessages() && len(info.PublicKey) > 0 {
		return &PublicKey{info.Algorithm, bytes.Clone(info.PublicKey)}, nil
	}
	if public := parsePSS(info.PublicKey); public != nil {
		return public, nil
	}
	return nil, err
}

// parsePSS reads the public half of an RSA key whose only scheme is PSS: id-RSASSA-PSS (RFC 4055). It is nil if it is
// none.
func parsePSS(der []byte) *rsa.PublicKey {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &info)
	if err != nil || len(rest) > 0 || !info.Algorithm.Algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}) {
		return nil
	}
	public, err := x509.ParsePKCS1PublicKey(info.Key.RightAlign())
	if err != nil {
		return nil
	}
	return public
}

// signsMessages tells whether the only scheme of the key is one that signs messages.
func (k KeyInfo) signsMessages() bool {
	return len(k.Policy.Schemes) == 1 && k.Policy.Schemes[0] >= EdDSA
}

// WithContext returns the same key for calls of Sign that end with the context.
func (k *Key) WithContext(ctx context.Context) *Key {
	same := *k
	same.ctx = ctx
	return &same
}

// Public returns an *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey, what else package x509 makes of the key, or
// a *PublicKey.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Sign signs a digest, made with opts.HashFunc(), by an RSA or ECDSA key, and a whole message by any other. The signer
// has randomness of its own and does not use `rand`.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	what, err := k.prepare(opts)
	if err != nil {
		return nil, err
	}
	if !what.isOfDigest() {
		what.Message = digest
		return k.client.Sign(k.ctx, what)
	}
	if len(digest) != opts.HashFunc().Size() {
		return nil, argument("%s: the digest has %d bytes, and one of %v has %d", k.bound.ID, len(digest),
			opts.HashFunc(), opts.HashFunc().Size())
	}
	what.Digest = digest
	return k.client.Sign(k.ctx, what)
}

// SignMessage signs a message. Of an RSA or ECDSA key it is hashed here, and the signer gets the digest.
func (k *Key) SignMessage(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	what, err := k.prepare(opts)
	if err != nil {
		return nil, err
	}
	if what.isOfDigest() {
		hash := opts.HashFunc().New()
		hash.Write(message)
		message = hash.Sum(nil)
	}
	return k.Sign(rand, message, opts)
}

// prepare chooses scheme and hash by the key and what the caller wants. What the signer cannot do is refused.
func (k *Key) prepare(opts crypto.SignerOpts) (SignRequest, error) {
	if opts == nil {
		opts = crypto.Hash(0)
	}
	switch k.public.(type) {
	case *rsa.PublicKey:
		if pss, isPSS := opts.(*rsa.PSSOptions); isPSS {
			return k.preparePSS(pss)
		}
		return k.prepareDigest(RSAPKCS1, opts.HashFunc())
	case *ecdsa.PublicKey:
		return k.prepareDigest(ECDSA, opts.HashFunc())
	}
	return k.prepareMessage(opts)
}

func (k *Key) preparePSS(pss *rsa.PSSOptions) (SignRequest, error) {
	what, err := k.prepareDigest(RSAPSS, pss.Hash)
	if err == nil && pss.SaltLength != rsa.PSSSaltLengthEqualsHash && pss.SaltLength != pss.Hash.Size() {
		err = argument("%s: PSS is with a salt as long as the hash: rsa.PSSSaltLengthEqualsHash", k.bound.ID)
	}
	return what, err
}

func (k *Key) prepareDigest(scheme Scheme, hash crypto.Hash) (SignRequest, error) {
	what := k.bound
	what.Scheme = scheme
	switch hash {
	case crypto.SHA256:
		what.Hash = SHA256
	case crypto.SHA384:
		what.Hash = SHA384
	case crypto.SHA512:
		what.Hash = SHA512
	default:
		return what, argument("%s: the signer signs digests of SHA-256, SHA-384 and SHA-512, and not of %v", k.bound.ID,
			hash)
	}
	return what, nil
}

func (k *Key) prepareMessage(opts crypto.SignerOpts) (SignRequest, error) {
	what := k.bound
	if len(k.Policy.Schemes) != 1 {
		return what, argument("%s (%s): its policy has %d schemes, and one is needed", k.bound.ID, k.Algorithm,
			len(k.Policy.Schemes))
	}
	what.Scheme = k.Policy.Schemes[0]
	if hash := opts.HashFunc(); hash != 0 {
		return what, argument("%s (%s) signs messages without a hash, and not with %v: crypto.Hash(0)", k.bound.ID,
			k.Algorithm, hash)
	}
	if _, isPlain := opts.(crypto.Hash); isPlain || isPlainEd(opts) || isPlainMLDSA(opts) {
		return what, nil
	}
	return what, argument("%s (%s): a signature with a context, or with options of type %T, is not offered by the signer",
		k.bound.ID, k.Algorithm, opts)
}

func isPlainEd(opts crypto.SignerOpts) bool {
	given, isEd := opts.(*ed25519.Options)
	return isEd && given.Context == ""
}
