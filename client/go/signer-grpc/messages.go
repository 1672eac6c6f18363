// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of trstctl.signing.v1, by their field numbers. They are read here and not by a protobuf library, because
// that would pass over a field that it does not know, which could be a constraint.

// fields is one message: numbers and contents by field. A field comes once, but for lists.
type fields struct {
	numbers map[protowire.Number][]uint64
	bytes   map[protowire.Number][]byte
}

// kind of a field that a message may have.
type kind int

const (
	aNumber kind = iota
	aList        // of numbers, packed or not
	aContent
)

const listMax = 16

func parseFields(content []byte, known map[protowire.Number]kind) (fields, error) {
	found := fields{map[protowire.Number][]uint64{}, map[protowire.Number][]byte{}}
	for len(content) > 0 {
		field, wire, size := protowire.ConsumeTag(content)
		if size < 0 {
			return found, protowire.ParseError(size)
		}
		kind, isKnown := known[field]
		if !isKnown {
			return found, fmt.Errorf("field %d is not known here, and could be a constraint", field)
		}
		content = content[size:]
		size, err := found.add(field, kind, wire, content)
		if err != nil {
			return found, fmt.Errorf("field %d: %w", field, err)
		}
		content = content[size:]
	}
	return found, nil
}

func (f fields) add(field protowire.Number, kind kind, wire protowire.Type, content []byte) (int, error) {
	switch {
	case kind != aContent && wire == protowire.VarintType:
		value, size := protowire.ConsumeVarint(content)
		if size < 0 {
			return 0, protowire.ParseError(size)
		}
		return size, f.addNumber(field, kind, value)
	case kind != aNumber && wire == protowire.BytesType:
		value, size := protowire.ConsumeBytes(content)
		if size < 0 {
			return 0, protowire.ParseError(size)
		}
		if kind == aList {
			return size, f.addPacked(field, value)
		}
		if _, again := f.bytes[field]; again {
			return 0, fmt.Errorf("it comes twice")
		}
		f.bytes[field] = value
		return size, nil
	}
	return 0, fmt.Errorf("its type is wrong")
}

func (f fields) addNumber(field protowire.Number, kind kind, value uint64) error {
	before := len(f.numbers[field])
	if before >= listMax || kind == aNumber && before > 0 {
		return fmt.Errorf("it comes too often")
	}
	f.numbers[field] = append(f.numbers[field], value)
	return nil
}

func (f fields) addPacked(field protowire.Number, packed []byte) error {
	for len(packed) > 0 {
		value, size := protowire.ConsumeVarint(packed)
		if size < 0 {
			return protowire.ParseError(size)
		}
		if err := f.addNumber(field, aList, value); err != nil {
			return err
		}
		packed = packed[size:]
	}
	return nil
}

// number is 0 if it is not there.
func (f fields) number(field protowire.Number) uint64 {
	if len(f.numbers[field]) == 0 {
		return 0
	}
	return f.numbers[field][0]
}

func appendNumber(to []byte, field protowire.Number, value uint64) []byte {
	if value == 0 {
		return to
	}
	return protowire.AppendVarint(protowire.AppendTag(to, field, protowire.VarintType), value)
}

func appendBytes[T string | []byte](to []byte, field protowire.Number, value T) []byte {
	if len(value) == 0 {
		return to
	}
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), []byte(value))
}

// -- requests and responses

// handleOf reads a message that has a key's handle in field 1; empty is an empty id.
func handleOf(f fields) (string, error) {
	handle, err := parseFields(f.bytes[1], map[protowire.Number]kind{1: aContent})
	return string(handle.bytes[1]), err
}

type generateRequest struct {
	algorithm        uint64
	id               string
	purposes, hashes []uint64
}

func (r *generateRequest) decode(content []byte) error {
	f, err := parseFields(content, map[protowire.Number]kind{1: aNumber, 2: aContent, 3: aList, 4: aList})
	*r = generateRequest{f.number(1), string(f.bytes[2]), f.numbers[3], f.numbers[4]}
	return err
}

// keyRequest is GetPublicKey or DestroyKey.
type keyRequest struct{ id string }

func (r *keyRequest) decode(content []byte) error {
	f, err := parseFields(content, map[protowire.Number]kind{1: aContent})
	if err != nil {
		return err
	}
	r.id, err = handleOf(f)
	return err
}

type signRequest struct {
	id                     string
	digest                 []byte
	hash, padding, purpose uint64
	token                  []byte
}

func (r *signRequest) decode(content []byte) error {
	f, err := parseFields(content, map[protowire.Number]kind{1: aContent, 2: aContent, 3: aNumber, 4: aNumber, 5: aNumber,
		6: aContent})
	if err != nil {
		return err
	}
	*r = signRequest{"", f.bytes[2], f.number(3), f.number(4), f.number(5), f.bytes[6]}
	r.id, err = handleOf(f)
	return err
}

type nothing struct{}

func (*nothing) decode(content []byte) error {
	_, err := parseFields(content, nil)
	return err
}

func (*nothing) encode() []byte { return nil }

type generateResponse struct {
	id        string
	algorithm uint64
	publicKey []byte
}

func (r *generateResponse) encode() []byte {
	content := appendBytes(nil, 1, appendBytes(nil, 1, r.id))
	return appendBytes(appendNumber(content, 2, r.algorithm), 3, r.publicKey)
}

type publicKeyResponse struct {
	algorithm uint64
	publicKey []byte
}

func (r *publicKeyResponse) encode() []byte {
	return appendBytes(appendNumber(nil, 1, r.algorithm), 2, r.publicKey)
}

type signResponse struct{ signature []byte }

func (r *signResponse) encode() []byte { return appendBytes(nil, 1, r.signature) }

type healthResponse struct{ status uint64 }

func (r *healthResponse) encode() []byte { return appendNumber(nil, 1, r.status) }

// undecoded is a request as it came: package grpc has one answer for all that cannot be decoded, without the reason.
type undecoded []byte

// codec lets package grpc read and write these messages under the name of protobuf's.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(message any) ([]byte, error) {
	return message.(interface{ encode() []byte }).encode(), nil
}

func (codec) Unmarshal(content []byte, message any) error {
	*message.(*undecoded) = bytes.Clone(content)
	return nil
}
