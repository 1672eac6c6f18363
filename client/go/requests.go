// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"encoding/binary"
	"math"
)

// The limits of proto/PROTOCOL.md that a client has to know.
const (
	framePrefix      = 4
	requestMax       = 65536
	signRequestMax   = 1048576
	responseMax      = 1048576
	inFlightMax      = 256
	keyIDMax         = 64
	algorithmNameMax = 32
	digestMax        = 64
	sha256Size       = 32
	certificateMax   = 49152
	policyListMax    = 8
	listPageMax      = 100
	labelsMax        = 64 // entries of each list of protections, counters, algorithms, roles or problems
	deadlineMaxMS    = 600000
)

// operation is the number of a field of Request.operation and of Response.result.
type operation uint64

const (
	opHello          operation = 10
	opHealth         operation = 11
	opListKeys       operation = 12
	opGetKey         operation = 13
	opGenerateKey    operation = 14
	opSign           operation = 15
	opSetCertificate operation = 16
	opDestroyKey     operation = 17
	opSeal           operation = 19
	opStats          operation = 21
	opLast           operation = 21
)

// request is an operation with its content, before it has an id and a deadline.
type request struct {
	operation operation
	content   []byte
}

// isRepeatable tells whether it may be sent again after a lost connection, whatever became of it.
func (r request) isRepeatable() bool {
	return r.operation != opDestroyKey && r.operation != opSetCertificate && r.operation != opSeal
}

// appendFrame appends the whole frame.
func (r request) appendFrame(to []byte, id, deadlineMS uint64) []byte {
	start := len(to)
	to = append(to, make([]byte, framePrefix)...)
	to = appendNumber(to, 1, id)
	to = appendNumber(to, 2, deadlineMS)
	to = appendMessage(to, uint64(r.operation), r.content)
	binary.BigEndian.PutUint32(to[start:], uint32(len(to)-start-framePrefix))
	return to
}

// check refuses a request that could be over the protocol's limit, with an id and a deadline of any length.
func (r request) check(most int) (request, error) {
	if len(r.content) > most || len(r.appendFrame(nil, math.MaxUint64, deadlineMaxMS)) > framePrefix+most {
		return request{}, argument("the request would have more than the %d bytes that the protocol allows", most)
	}
	return r, nil
}

func checkID(id string) error {
	if len(id) < 1 || len(id) > keyIDMax {
		return argument("a key id has 1 to %d characters", keyIDMax)
	}
	return nil
}

func simple(operation operation) request { return request{operation, nil} }

func ofKey(operation operation, id string) (request, error) {
	return request{operation, appendBytes(nil, 1, id)}, checkID(id)
}

func listKeys(after string, limit uint32) (request, error) {
	if len(after) > keyIDMax {
		return request{}, checkID(after)
	}
	return request{opListKeys, appendNumber(appendBytes(nil, 1, after), 2, uint64(limit))}, nil
}

func generateKey(id, algorithm string, policy Policy) (request, error) {
	if err := checkID(id); err != nil {
		return request{}, err
	}
	if len(algorithm) > algorithmNameMax {
		return request{}, argument("an algorithm's name has at most %d characters", algorithmNameMax)
	}
	if len(policy.Schemes) > policyListMax || len(policy.Hashes) > policyListMax {
		return request{}, argument("a list of a policy has at most %d entries", policyListMax)
	}
	lists := appendPacked(appendPacked(nil, 1, policy.Schemes), 2, policy.Hashes)
	content := appendBytes(appendBytes(nil, 1, id), 2, algorithm)
	return request{opGenerateKey, appendBytes(content, 3, lists)}, nil
}

func setCertificate(id string, chain []byte) (request, error) {
	if err := checkID(id); err != nil {
		return request{}, err
	}
	if len(chain) < 1 || len(chain) > certificateMax {
		return request{}, argument("a certificate chain has 1 to %d bytes, this one %d", certificateMax, len(chain))
	}
	return request{opSetCertificate, appendBytes(appendBytes(nil, 1, id), 2, chain)}, nil
}

// SignRequest is what Client.Sign asks for.
type SignRequest struct {
	ID     string
	Scheme Scheme
	Hash   Hash // of the digest; HashNone for a message
	// RSA and ECDSA sign a Digest; EdDSA, ML-DSA and SLH-DSA a Message of less than 1 MiB, the empty one if both are
	// nil.
	Digest, Message []byte
	// PublicKeySHA256, of the key's SubjectPublicKeyInfo, makes any other key's signature impossible: KEY_CHANGED.
	// Without it, whichever key has the id signs.
	PublicKeySHA256 []byte
}

func (s *SignRequest) isOfDigest() bool { return s.Scheme >= RSAPKCS1 && s.Scheme <= ECDSA }

func (s *SignRequest) check() error {
	if err := checkID(s.ID); err != nil {
		return err
	}
	if n := len(s.PublicKeySHA256); n != 0 && n != sha256Size {
		return argument("%s: PublicKeySHA256 has %d bytes, not %d", s.ID, sha256Size, n)
	}
	if s.isOfDigest() && s.Message != nil {
		return argument("%s: %s signs a digest, not a message", s.ID, s.Scheme)
	}
	if !s.isOfDigest() && s.Digest != nil {
		return argument("%s: %s signs a message, not a digest", s.ID, s.Scheme)
	}
	if len(s.Digest) > digestMax {
		return argument("%s: a digest has at most %d bytes, not %d", s.ID, digestMax, len(s.Digest))
	}
	if len(s.Message) >= signRequestMax {
		return argument("%s: the message has %d bytes, and less than %d can be signed: split what is signed, or use a "+
			"key that signs digests", s.ID, len(s.Message), signRequestMax)
	}
	return nil
}

func (s *SignRequest) request() (request, error) {
	if err := s.check(); err != nil {
		return request{}, err
	}
	content := make([]byte, 0, 2*keyIDMax+len(s.Digest)+len(s.Message))
	content = appendBytes(content, 1, s.ID)
	content = appendNumber(appendNumber(content, 2, uint64(s.Scheme)), 3, uint64(s.Hash))
	if s.isOfDigest() {
		content = appendMessage(content, 4, s.Digest)
		content = appendBytes(content, 7, s.PublicKeySHA256)
		return request{opSign, content}.check(requestMax)
	}
	content = appendMessage(content, 5, s.Message)
	content = appendBytes(content, 7, s.PublicKeySHA256)
	return request{opSign, content}.check(signRequestMax)
}
