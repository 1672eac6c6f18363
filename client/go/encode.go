// SPDX-License-Identifier: Apache-2.0

package signer

import "encoding/binary"

// The part of protobuf that requests need, in the one encoding that the signer takes: fields in ascending order, which
// is the caller's part, no defaults, numbers in their shortest form.

const (
	kindVarint  = 0
	kindFixed64 = 1
	kindLength  = 2
	kindFixed32 = 5
)

func appendTag(to []byte, field, kind uint64) []byte { return binary.AppendUvarint(to, field<<3|kind) }

// appendNumber appends nothing if the value is 0.
func appendNumber(to []byte, field, value uint64) []byte {
	if value == 0 {
		return to
	}
	return binary.AppendUvarint(appendTag(to, field, kindVarint), value)
}

// appendMessage appends a message inside another one, or a member of a oneof: empty ones too.
func appendMessage[T string | []byte](to []byte, field uint64, content T) []byte {
	to = binary.AppendUvarint(appendTag(to, field, kindLength), uint64(len(content)))
	return append(to, content...)
}

// appendBytes appends nothing if there are none.
func appendBytes[T string | []byte](to []byte, field uint64, content T) []byte {
	if len(content) == 0 {
		return to
	}
	return appendMessage(to, field, content)
}

func appendPacked[T Scheme | Hash](to []byte, field uint64, values []T) []byte {
	var packed []byte
	for _, value := range values {
		packed = binary.AppendUvarint(packed, uint64(value))
	}
	return appendBytes(to, field, packed)
}
