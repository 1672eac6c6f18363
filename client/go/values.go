// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"
)

// State of a signer, with the numbers of proto/signer.proto, as have all that follow. A newer signer may have more.
type State uint32

const (
	StateOpen     State = 1 // serving
	StateSealed   State = 2 // without its KEK: only Hello, Health, Seal and Stats are served
	StateDraining State = 3 // stopping
)

func (s State) String() string {
	return name("STATE", uint32(s), "UNSPECIFIED", "OPEN", "SEALED", "DRAINING")
}

// Scheme of a signature.
type Scheme uint32

const (
	RSAPKCS1 Scheme = 1
	RSAPSS   Scheme = 2 // MGF1 with the same hash, a salt as long as the hash
	ECDSA    Scheme = 3 // the signature is DER
	EdDSA    Scheme = 4
	MLDSA    Scheme = 5
	SLHDSA   Scheme = 6
)

func (s Scheme) String() string {
	return name("SCHEME", uint32(s), "UNSPECIFIED", "RSA_PKCS1", "RSA_PSS", "ECDSA", "EDDSA", "ML_DSA", "SLH_DSA")
}

// Hash that a digest was made with.
type Hash uint32

const (
	HashNone Hash = 0 // for the schemes that sign a message
	SHA256   Hash = 1
	SHA384   Hash = 2
	SHA512   Hash = 3
)

func (h Hash) String() string { return name("HASH", uint32(h), "NONE", "SHA256", "SHA384", "SHA512") }

// name of a number; of one that this package does not know, the kind and the number.
func name(kind string, number uint32, names ...string) string {
	if number < uint32(len(names)) {
		return names[number]
	}
	return fmt.Sprintf("%s_%d", kind, number)
}

// Policy is what a key may be used for. In GenerateKey an empty list means everything that the algorithm supports.
type Policy struct {
	Schemes []Scheme
	Hashes  []Hash
}

// KeyInfo is a key as the signer describes it.
type KeyInfo struct {
	ID          string
	Algorithm   string // "ec-p256", "rsa-3072", …
	Policy      Policy
	PublicKey   []byte // SubjectPublicKeyInfo, DER
	Created     time.Time
	Certificate []byte // PEM chain, from GetKey alone; empty if none is set
	Unverified  bool   // in a list: read from the key's file, which no vault has opened yet
	Fault       string // in a list: why its file cannot be used, KEY_TAMPERED, …; empty: nothing is known
}

// PublicKeySHA256 is what a signature is bound to this key by.
func (k KeyInfo) PublicKeySHA256() []byte {
	sum := sha256.Sum256(k.PublicKey)
	return sum[:]
}

// Chain returns the certificates, the key's own first; none if none is set.
func (k KeyInfo) Chain() ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for block, rest := pem.Decode(k.Certificate); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %s: %w", len(chain)+1, k.ID, err)
		}
		chain = append(chain, certificate)
	}
	return chain, nil
}

// Page is some keys, in byte order of their ids. More: there are further ones after the last.
type Page struct {
	Keys []KeyInfo
	More bool
}

// Hello is what a signer says about itself. The limits are in bytes, but for InFlightMax.
type Hello struct {
	Version                                              string
	Protocol                                             uint32
	State                                                State
	KeystoreID, KEKID                                    string
	RequestMax, SignRequestMax, ResponseMax, InFlightMax uint32
	Algorithms                                           []string
	Roles                                                []string // of this connection, as they are granted: sign=web-*
}

// Health is a signer's state. Problems: why one that is open is not ready.
type Health struct {
	State       State
	Vaults      uint32
	Uptime      time.Duration
	Writable    bool // false: keys cannot be changed until a restart
	Protections map[string]string
	Problems    []string
	Reopens     bool // was started with a KEK: a restart opens it without custodians
}

// IsReady tells whether the signer is open and nothing is the matter.
func (h Health) IsReady() bool { return h.State == StateOpen && len(h.Problems) == 0 }
