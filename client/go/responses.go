// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"errors"
	"math"
	"time"
)

// response is an answer; its result is still encoded, and 0 is the operation of one that failed.
type response struct {
	id              uint64
	status          Status
	reason, message string
	retryAfterMS    uint32
	operation       operation
	result          []byte
}

// decodeResponse refuses an answer with two results, too.
func decodeResponse(payload []byte) (response, error) {
	d := decoder{rest: payload}
	r := response{id: d.numberOf(1, 64), status: Status(d.enumOf(2)), reason: d.textOf(3), message: d.textOf(4),
		retryAfterMS: d.number32(5)}
	for operation := opHello; operation <= opLast; operation++ {
		content, found := d.messageOf(uint64(operation))
		if found && r.operation != 0 {
			d.fail()
		}
		if found {
			r.operation, r.result = operation, content
		}
	}
	return r, d.done()
}

// responseID returns the id that an answer begins with, 0 if it has none.
func responseID(payload []byte) uint64 {
	if len(payload) == 0 || payload[0] != 1<<3|kindVarint {
		return 0
	}
	id, _ := readVarint(payload[1:])
	return id
}

func decodePolicy(content []byte) (policy Policy, err error) {
	d := decoder{rest: content}
	policy.Schemes = packedOf[Scheme](&d, 1, policyListMax)
	policy.Hashes = packedOf[Hash](&d, 2, policyListMax)
	return policy, d.done()
}

// timeOf returns the zero time if the signer does not tell.
func timeOf(seconds uint64) time.Time {
	if seconds == 0 || seconds > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

func decodeKey(content []byte) (KeyInfo, error) {
	d := decoder{rest: content}
	key := KeyInfo{ID: d.textOf(1), Algorithm: d.textOf(2)}
	lists, _ := d.messageOf(3)
	policy, err := decodePolicy(lists)
	if err != nil {
		d.fail()
	}
	key.Policy, key.PublicKey, key.Created = policy, bytes.Clone(d.bytesOf(4)), timeOf(d.numberOf(5, 64))
	key.Certificate, key.Unverified, key.Fault = bytes.Clone(d.bytesOf(6)), d.flagOf(7), d.textOf(8)
	return key, d.done()
}

// keyOf takes the key that an answer must have.
func keyOf(d *decoder) KeyInfo {
	content, found := d.messageOf(1)
	key, err := decodeKey(content)
	if !found || err != nil {
		d.fail()
	}
	return key
}

func decodeGetKey(content []byte) (KeyInfo, error) {
	d := decoder{rest: content}
	key := keyOf(&d)
	return key, d.done()
}

// generated is the result of GenerateKey.
type generated struct {
	key     KeyInfo
	created bool
}

func decodeGenerated(content []byte) (generated, error) {
	d := decoder{rest: content}
	made := generated{key: keyOf(&d), created: d.flagOf(2)}
	return made, d.done()
}

func decodePage(content []byte) (page Page, err error) {
	d := decoder{rest: content}
	d.eachOf(1, listPageMax, func(content []byte) error {
		key, err := decodeKey(content)
		page.Keys = append(page.Keys, key)
		return err
	})
	page.More = d.flagOf(2)
	return page, d.done()
}

// errDisorder says what a peer has sent.
var errDisorder = errors.New("a list that is not in the order of the ids, or does not go on")

// decodePageAfter refuses keys whose ids do not ascend from `after` on.
func decodePageAfter(after string, content []byte) (Page, error) {
	page, err := decodePage(content)
	if err != nil {
		return Page{}, err
	}
	for _, key := range page.Keys {
		if key.ID <= after {
			return Page{}, errDisorder
		}
		after = key.ID
	}
	if page.More && len(page.Keys) == 0 {
		return Page{}, errDisorder
	}
	return page, nil
}

func decodeSignature(content []byte) ([]byte, error) {
	d := decoder{rest: content}
	signature := bytes.Clone(d.bytesOf(1))
	if len(signature) == 0 {
		d.fail()
	}
	return signature, d.done()
}

func decodeExisted(content []byte) (bool, error) {
	d := decoder{rest: content}
	existed := d.flagOf(1)
	return existed, d.done()
}

func decodeNothing(content []byte) (struct{}, error) {
	d := decoder{rest: content}
	return struct{}{}, d.done()
}

func decodeHello(content []byte) (Hello, error) {
	d := decoder{rest: content}
	hello := Hello{Version: d.textOf(1), Protocol: d.number32(2), State: State(d.enumOf(3)), KeystoreID: d.textOf(4),
		KEKID: d.textOf(5), RequestMax: d.number32(6), SignRequestMax: d.number32(7), ResponseMax: d.number32(8),
		InFlightMax: d.number32(9), Algorithms: d.textsOf(10, labelsMax), Roles: d.textsOf(11, labelsMax)}
	return hello, d.done()
}

func decodeHealth(content []byte) (Health, error) {
	d := decoder{rest: content}
	health := Health{State: State(d.enumOf(1)), Vaults: d.number32(2), Uptime: secondsOf(d.numberOf(3, 64)),
		Writable: d.flagOf(4), Protections: map[string]string{}}
	d.eachOf(5, labelsMax, func(content []byte) error {
		label := decoder{rest: content}
		name, value := label.textOf(1), label.textOf(2)
		health.Protections[name] = value
		return label.done()
	})
	health.Problems, health.Reopens = d.textsOf(6, labelsMax), d.flagOf(7)
	return health, d.done()
}

// secondsOf returns the longest duration for what is longer.
func secondsOf(seconds uint64) time.Duration {
	if seconds > math.MaxInt64/uint64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(seconds) * time.Second
}

func decodeStats(content []byte) (map[string]uint64, error) {
	d, counters := decoder{rest: content}, map[string]uint64{}
	d.eachOf(1, labelsMax, func(content []byte) error {
		counter := decoder{rest: content}
		name, value := counter.textOf(1), counter.numberOf(2, 64)
		counters[name] = value
		return counter.done()
	})
	return counters, d.done()
}
