// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"errors"
	"unicode/utf8"
)

// errMalformed is the only thing that a decoder says: the bytes are no message of the type that is expected.
var errMalformed = errors.New("not a canonical message")

const (
	varintMax = 10 // bytes
	fieldMax  = 1<<29 - 1
)

// readVarint reads a number in its shortest form, and returns how many bytes it has; 0 if it is none.
func readVarint(from []byte) (value uint64, size int) {
	for i, b := range from {
		if i == varintMax || i == varintMax-1 && b > 1 {
			return 0, 0
		}
		value |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, 0
			}
			return value, i + 1
		}
	}
	return 0, 0
}

// decoder takes the fields of a message, in ascending order, which is the order that they have to be in: a field that
// comes twice or too late is malformed, as are defaults, and one whose number is not asked for is a newer signer's and
// passed over. The contents are parts of the message and not copied. After the first error everything is absent.
type decoder struct {
	rest   []byte
	last   uint64 // the field that was asked for last
	number uint64 // of the field that was read and not taken; 0: there is none
	kind   uint64
	value  uint64
	data   []byte
	err    error
}

func (d *decoder) fail() { *d = decoder{err: errMalformed} }

// read reads the next field, if there is one.
func (d *decoder) read() {
	if d.number != 0 || len(d.rest) == 0 {
		return
	}
	tag, size := readVarint(d.rest)
	if size == 0 || tag>>3 == 0 || tag>>3 > fieldMax {
		d.fail()
		return
	}
	d.rest, d.number, d.kind = d.rest[size:], tag>>3, tag&7
	d.readValue()
}

func (d *decoder) readValue() {
	var length uint64
	switch d.kind {
	case kindFixed64:
		length = 8
	case kindFixed32:
		length = 4
	case kindVarint, kindLength:
		value, size := readVarint(d.rest)
		if size == 0 {
			d.fail()
			return
		}
		d.rest, d.value = d.rest[size:], value
		if d.kind == kindLength {
			length = value
		}
	default:
		d.fail()
		return
	}
	if length > uint64(len(d.rest)) {
		d.fail()
		return
	}
	d.data, d.rest = d.rest[:length], d.rest[length:]
}

// take reports whether the field is there, and of this kind; then value or data are its content.
func (d *decoder) take(field, kind uint64) bool {
	for d.read(); d.number != 0 && d.number < field; d.read() {
		if d.number <= d.last {
			d.fail()
			return false
		}
		d.number = 0
	}
	d.last = field
	if d.number != field {
		return false
	}
	d.number = 0
	if d.kind != kind {
		d.fail()
		return false
	}
	return true
}

// done passes over what is left, and returns the error.
func (d *decoder) done() error {
	d.take(fieldMax+1, kindVarint)
	return d.err
}

// numberOf returns a number of at most so many bits, 0 if it is not there.
func (d *decoder) numberOf(field uint64, bits int) uint64 {
	if !d.take(field, kindVarint) {
		return 0
	}
	if d.value == 0 || bits < 64 && d.value>>bits != 0 {
		d.fail()
		return 0
	}
	return d.value
}

func (d *decoder) number32(field uint64) uint32 { return uint32(d.numberOf(field, 32)) }

// enumOf returns the number of an enumeration.
func (d *decoder) enumOf(field uint64) uint32 { return uint32(d.numberOf(field, 31)) }

func (d *decoder) flagOf(field uint64) bool { return d.numberOf(field, 1) == 1 }

// messageOf returns a message inside, and whether it is there.
func (d *decoder) messageOf(field uint64) ([]byte, bool) {
	if !d.take(field, kindLength) {
		return nil, false
	}
	return d.data, true
}

// bytesOf returns bytes, none if they are not there.
func (d *decoder) bytesOf(field uint64) []byte {
	data, found := d.messageOf(field)
	if found && len(data) == 0 {
		d.fail()
	}
	return data
}

func (d *decoder) textOf(field uint64) string {
	data := d.bytesOf(field)
	if !utf8.Valid(data) {
		d.fail()
		return ""
	}
	return string(data)
}

// eachOf hands over every content of a repeated field of messages or texts, of which there may be `most`.
func (d *decoder) eachOf(field uint64, most int, handle func(content []byte) error) {
	for count := 0; ; count++ {
		content, found := d.messageOf(field)
		if !found {
			return
		}
		if count == most || handle(content) != nil {
			d.fail()
			return
		}
		d.last = field - 1 // it may come again
	}
}

func (d *decoder) textsOf(field uint64, most int) (texts []string) {
	d.eachOf(field, most, func(content []byte) error {
		if !utf8.Valid(content) {
			return errMalformed
		}
		texts = append(texts, string(content))
		return nil
	})
	return texts
}

// packedOf returns a packed list of numbers of enumerations.
func packedOf[T Scheme | Hash](d *decoder, field uint64, most int) (values []T) {
	for data := d.bytesOf(field); len(data) > 0; {
		value, size := readVarint(data)
		if size == 0 || value>>31 != 0 || len(values) == most {
			d.fail()
			return nil
		}
		values, data = append(values, T(value)), data[size:]
	}
	return values
}
