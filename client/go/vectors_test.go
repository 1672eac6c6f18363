// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// source is the root of the project's tree.
func source() string {
	if given := os.Getenv("SOURCE"); given != "" {
		return given
	}
	return filepath.Join("..", "..")
}

type message map[string]json.RawMessage

type vector struct {
	Name    string
	Message message
	Frame   string
}

func vectors(t *testing.T) (found struct{ Requests, Responses []vector }) {
	data, err := os.ReadFile(filepath.Join(source(), "tests", "vectors", "wire.json"))
	wantNone(t, err)
	wantNone(t, json.Unmarshal(data, &found))
	return found
}

// inHex is bytes as the vectors have them.
type inHex []byte

func (h *inHex) UnmarshalJSON(data []byte) error {
	var text string
	err := json.Unmarshal(data, &text)
	if err == nil {
		*h, err = hex.DecodeString(text)
	}
	return err
}

// fields of the requests, by the names of signer.proto.
type fields struct {
	ID, Algorithm, After string
	Limit                uint32
	Policy               Policy
	Scheme               Scheme
	Hash                 Hash
	Digest, Message      inHex
	PublicKeySHA256      inHex `json:"public_key_sha256"`
	Certificate          inHex
}

var operations = map[string]operation{"hello": opHello, "health": opHealth, "list_keys": opListKeys,
	"get_key": opGetKey, "generate_key": opGenerateKey, "sign": opSign, "set_certificate": opSetCertificate,
	"destroy_key": opDestroyKey, "seal": opSeal, "stats": opStats}

func build(name string, f fields) (request, error) {
	switch operation := operations[name]; operation {
	case opListKeys:
		return listKeys(f.After, f.Limit)
	case opGetKey, opDestroyKey:
		return ofKey(operation, f.ID)
	case opGenerateKey:
		return generateKey(f.ID, f.Algorithm, f.Policy)
	case opSetCertificate:
		return setCertificate(f.ID, f.Certificate)
	case opSign:
		what := SignRequest{f.ID, f.Scheme, f.Hash, f.Digest, f.Message, f.PublicKeySHA256}
		return what.request()
	default:
		return simple(operation), nil
	}
}

// numberIn is a number of a message, 0 if it is not there.
func numberIn(t *testing.T, m message, name string) (number uint64) {
	if text, found := m[name]; found {
		wantNone(t, json.Unmarshal(text, &number))
	}
	return number
}

func textIn(t *testing.T, m message, name string) (text string) {
	if data, found := m[name]; found {
		wantNone(t, json.Unmarshal(data, &text))
	}
	return text
}

func TestRequestsAreTheSameBytesAsTheCCodecs(t *testing.T) {
	tested := map[string]bool{}
	for _, vector := range vectors(t).Requests {
		for name, content := range vector.Message {
			if operations[name] == 0 {
				continue
			}
			var given fields
			wantNone(t, json.Unmarshal(content, &given))
			made, err := build(name, given)
			wantNone(t, err)
			frame := made.appendFrame(nil, numberIn(t, vector.Message, "id"), numberIn(t, vector.Message, "deadline_ms"))
			if hex.EncodeToString(frame) != vector.Frame {
				t.Errorf("%s is %x, not %s", vector.Name, frame, vector.Frame)
			}
			tested[name] = true
		}
	}
	wantEqual(t, len(tested), len(operations))
}

func payloadOf(t *testing.T, v vector) []byte {
	t.Helper()
	frame, err := hex.DecodeString(v.Frame)
	wantNone(t, err)
	payload, err := readFrame(strings.NewReader(string(frame)))
	wantNone(t, err)
	return payload
}

func TestAnswersAreReadAsWhatTheySay(t *testing.T) {
	for _, vector := range vectors(t).Responses {
		payload := payloadOf(t, vector)
		got, err := decodeResponse(payload)
		wantNone(t, err)
		wantEqual(t, got.id, numberIn(t, vector.Message, "id"))
		wantEqual(t, responseID(payload), got.id)
		wantEqual(t, uint64(got.status), numberIn(t, vector.Message, "status"))
		wantEqual(t, got.reason, textIn(t, vector.Message, "reason"))
		wantEqual(t, got.message, textIn(t, vector.Message, "message"))
		wantEqual(t, uint64(got.retryAfterMS), numberIn(t, vector.Message, "retry_after_ms"))
		for name := range vector.Message {
			if operation := operations[name]; operation != 0 {
				wantEqual(t, got.operation, operation)
			}
		}
	}
}

var vectorKey = KeyInfo{ID: "ca", Algorithm: "ec-p256", PublicKey: []byte("spki"),
	Policy:      Policy{Schemes: []Scheme{ECDSA}, Hashes: []Hash{SHA256, SHA384, SHA512}},
	Created:     time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	Certificate: []byte("PEM")}

// results are those of the vectors, as this package has them.
func results() map[string]any {
	listed := vectorKey
	listed.Policy.Hashes, listed.Certificate, listed.Unverified = []Hash{SHA256}, nil, true
	return map[string]any{
		"hello": Hello{"0.1.0", 1, StateOpen, "ab", "a1b2-c3d4-e5f6-0718", 65536, 1048576, 1048576, 256,
			[]string{"ec-p256", "ed25519"}, []string{"sign=web-*", "admin"}},
		"health": Health{StateOpen, 2, 5000000000 * time.Second, true, map[string]string{"seccomp": "yes"},
			[]string{"KEK_RETIRED"}, true},
		"list_keys":                Page{[]KeyInfo{listed, {ID: "lost", Fault: "KEY_CORRUPT"}}, true},
		"list_keys_none":           Page{},
		"get_key":                  vectorKey,
		"generate_key":             generated{vectorKey, true},
		"sign":                     []byte("abc"),
		"set_certificate":          struct{}{},
		"destroy_key":              true,
		"destroy_key_gone_already": false,
		"seal":                     struct{}{},
		"stats":                    map[string]uint64{"signatures": 18446744073709551615, "loads": 0},
	}
}

func anyResult[T any](decode func([]byte) (T, error)) func([]byte) (any, error) {
	return func(content []byte) (any, error) { return decode(content) }
}

var decoders = map[operation]func([]byte) (any, error){opHello: anyResult(decodeHello),
	opHealth: anyResult(decodeHealth), opListKeys: anyResult(decodePage), opGetKey: anyResult(decodeGetKey),
	opGenerateKey: anyResult(decodeGenerated), opSign: anyResult(decodeSignature),
	opSetCertificate: anyResult(decodeNothing), opDestroyKey: anyResult(decodeExisted),
	opSeal: anyResult(decodeNothing), opStats: anyResult(decodeStats)}

func TestResultsAreReadAsWhatTheySay(t *testing.T) {
	wanted := results()
	for _, vector := range vectors(t).Responses {
		response, err := decodeResponse(payloadOf(t, vector))
		wantNone(t, err)
		decode := decoders[response.operation]
		if decode == nil {
			continue
		}
		got, err := decode(response.result)
		wantNone(t, err)
		if !reflect.DeepEqual(got, wanted[vector.Name]) {
			t.Errorf("%s is %+v, not %+v", vector.Name, got, wanted[vector.Name])
		}
		delete(wanted, vector.Name)
	}
	wantEqual(t, len(wanted), 0)
}

func TestAnAnswerCutAnywhereIsNoOtherAnswer(t *testing.T) {
	for _, vector := range vectors(t).Responses {
		payload := payloadOf(t, vector)
		whole, _ := decodeResponse(payload)
		for length := range payload {
			cut, err := decodeResponse(payload[:length])
			if err == nil && reflect.DeepEqual(cut, whole) {
				t.Errorf("%s cut at %d is the same", vector.Name, length)
			}
		}
	}
}

func TestTheLimitsAreThoseOfTheProtocolsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(source(), "proto", "PROTOCOL.md"))
	wantNone(t, err)
	limits := map[string]int{"REQUEST_MAX": requestMax, "SIGN_REQUEST_MAX": signRequestMax, "RESPONSE_MAX": responseMax,
		"IN_FLIGHT_PER_CONNECTION": inFlightMax, "KEY_ID_MAX": keyIDMax, "CERTIFICATE_MAX": certificateMax,
		"POLICY_LIST_MAX": policyListMax, "LIST_PAGE_MAX": listPageMax, "DEADLINE_MAX_MS": deadlineMaxMS}
	row := regexp.MustCompile(`(?m)^\|[^|]+\| ([0-9,]+)[^|]*\| ` + "`([A-Z_]+)`" + ` \|$`)
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		number, err := strconv.Atoi(strings.ReplaceAll(match[1], ",", ""))
		wantNone(t, err)
		if limit, known := limits[match[2]]; known {
			wantEqual(t, limit, number)
			delete(limits, match[2])
		}
	}
	wantEqual(t, len(limits), 0)
}
