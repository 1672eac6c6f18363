// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// number, text: fields of a message, right or wrong ones.
func number(field, value uint64) []byte {
	return binary.AppendUvarint(appendTag(nil, field, kindVarint), value)
}

func text(field uint64, content string) []byte { return appendMessage(nil, field, content) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func repeated(field uint64, times int) []byte { return bytes.Repeat(text(field, "x"), times) }

func TestAnAnswerThatBreaksARuleIsRefused(t *testing.T) {
	for rule, payload := range map[string][]byte{
		"a number not in its shortest form": {0x08, 0x81, 0x00},
		"a number of more than 64 bits":     {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
		"a number of eleven bytes":          join([]byte{0x08}, bytes.Repeat([]byte{0xff}, 11)),
		"a number without an end":           {0x08, 0x80},
		"a tag alone":                       {0x08},
		"a field with the number 0":         {0x00, 0x01},
		"a field with too great a number":   join(number(1, 1), number(1<<29, 1)),
		"a group":                           {0x0b, 0x0c},
		"a length beyond the end":           {0x1a, 0x05, 'A'},
		"a length of almost 2^64":           {0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"a fixed field beyond the end":      {0x35, 0x01, 0x02},
		"a number where a text is":          number(3, 1),
		"a text where a number is":          text(1, "x"),
		"a field twice":                     join(number(1, 1), number(1, 2)),
		"fields in another order":           join(number(2, 1), number(1, 1)),
		"a field after an unknown one":      join(number(1, 1), number(99, 1), number(2, 1)),
		"the default of a number":           number(2, 0),
		"the default of a text":             text(3, ""),
		"a text that is not UTF-8":          text(4, "\xff"),
		"a status over 31 bits":             number(2, 1<<31),
		"a retry time over 32 bits":         number(5, 1<<32),
		"two results":                       join(text(10, ""), text(11, "")),
		"a result twice":                    join(text(10, ""), text(10, "")),
	} {
		if _, err := decodeResponse(payload); err != errMalformed {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestAResultThatBreaksARuleIsRefused(t *testing.T) {
	key := text(1, "ca")
	withSchemes := func(packed string) []byte { return text(1, string(join(key, text(3, string(text(1, packed)))))) }
	for rule, broken := range map[string]struct {
		operation operation
		content   []byte
	}{
		"no key":                           {opGetKey, nil},
		"no key that was made":             {opGenerateKey, number(2, 1)},
		"no signature":                     {opSign, nil},
		"an empty signature":               {opSign, text(1, "")},
		"a flag that is 2":                 {opDestroyKey, number(1, 2)},
		"a flag that is set to false":      {opDestroyKey, number(1, 0)},
		"a policy with too many schemes":   {opGetKey, withSchemes(strings.Repeat("\x01", 9))},
		"a policy with a scheme too large": {opGetKey, withSchemes("\x80\x80\x80\x80\x08")},
		"a policy with a list cut":         {opGetKey, withSchemes("\x80")},
		"an empty list of a policy":        {opGetKey, withSchemes("")},
		"too many keys":                    {opListKeys, bytes.Repeat(text(1, string(key)), listPageMax+1)},
		"a key out of its order":           {opListKeys, join(text(1, string(key)), number(2, 1), text(1, string(key)))},
		"too many algorithms":              {opHello, repeated(10, labelsMax+1)},
		"too many counters":                {opStats, bytes.Repeat(text(1, string(text(1, "x"))), labelsMax+1)},
		"a problem that is not UTF-8":      {opHealth, text(6, "\xff")},
		"a protection with a wrong field":  {opHealth, text(5, string(number(1, 1)))},
	} {
		if _, err := decoders[broken.operation](broken.content); err != errMalformed {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestWhatANewerSignerAddsIsPassedOver(t *testing.T) {
	fixed := join(appendTag(nil, 200, kindFixed64), make([]byte, 8), appendTag(nil, 201, kindFixed32), make([]byte, 4))
	payload := join(number(1, 7), number(2, 12), text(7, "between"), text(10, string(text(99, "inside"))),
		text(99, "at the end"), fixed)
	got, err := decodeResponse(payload)
	wantNone(t, err)
	wantEqual(t, got.operation, opHello)
	wantEqual(t, got.refusal().Status, StatusInternal)
	hello, err := decodeHello(join(number(3, 9), text(99, "")))
	wantNone(t, err)
	wantEqual(t, hello.State.String(), "STATE_9")
}

func TestALengthOverTheLimitIsRefusedBeforeItsBytesAreThere(t *testing.T) {
	for _, length := range []string{"\x00\x00\x00\x00", "\x00\x10\x00\x01", "\xff\xff\xff\xff"} {
		if _, err := readFrame(strings.NewReader(length)); err != errMalformed {
			t.Errorf("%x: %v", length, err)
		}
	}
	most, err := readFrame(bytes.NewReader(frame(make([]byte, responseMax))))
	wantNone(t, err)
	wantEqual(t, len(most), responseMax)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x08, 0x01, 0x52, 0x00})
	f.Add(join(number(1, 7), text(12, string(text(1, string(text(1, "ca")))))))
	f.Fuzz(func(t *testing.T, payload []byte) {
		response, err := decodeResponse(payload)
		if err != nil {
			return
		}
		if decode := decoders[response.operation]; decode != nil {
			decode(response.result)
		}
	})
}
