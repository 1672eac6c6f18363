// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	signer "signer/client/go"
	"signer/client/go/internal/signertest"
)

// raw are messages as the caller has encoded them.
type raw []byte

type rawCodec struct{}

func (rawCodec) Name() string                        { return "proto" }
func (rawCodec) Marshal(message any) ([]byte, error) { return *message.(*raw), nil }
func (rawCodec) Unmarshal(content []byte, message any) error {
	*message.(*raw) = bytes.Clone(content)
	return nil
}

// caller is a client of the service, and of the signer behind it.
type caller struct {
	t          *testing.T
	connection *grpc.ClientConn
	client     *signer.Client
}

func (c *caller) call(method string, request []byte, pairs ...string) (fields, error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, pairs...)
	given, got := raw(request), raw{}
	if err := c.connection.Invoke(ctx, "/"+serviceName+"/"+method, &given, &got); err != nil {
		return fields{}, err
	}
	found, err := parseFields(got, kinds(method))
	if err != nil {
		c.t.Fatal(err)
	}
	return found, nil
}

// kinds are the fields of a method's response.
func kinds(method string) map[protowire.Number]kind {
	switch method {
	case "GenerateKey":
		return map[protowire.Number]kind{1: aContent, 2: aNumber, 3: aContent}
	case "GetPublicKey":
		return map[protowire.Number]kind{1: aNumber, 2: aContent}
	case "Sign":
		return map[protowire.Number]kind{1: aContent}
	case "Health":
		return map[protowire.Number]kind{1: aNumber}
	}
	return nil
}

func newCaller(t *testing.T, purposesAreRemarks bool) *caller {
	t.Helper()
	daemon := signertest.NewDaemon(t, signertest.NewKeystore(t))
	client, err := signer.New(signer.WithSockets(daemon.Socket))
	must(t, err)
	return callerOf(t, client, purposesAreRemarks)
}

// callerOf serves over a Unix socket with this client, and calls over it.
func callerOf(t *testing.T, client *signer.Client, purposesAreRemarks bool) *caller {
	t.Helper()
	path := filepath.Join(signertest.Directory(t), "grpc")
	door, err := listenUnix(path, []uint32{uint32(os.Geteuid())})
	must(t, err)
	serve(t, newService(client, purposesAreRemarks), door)
	t.Cleanup(func() { client.Close() })
	return &caller{t, dial(t, "unix:"+path, insecure.NewCredentials()), client}
}

func serve(t *testing.T, service *service, door *door) {
	t.Helper()
	server := newServer(service, door)
	go server.Serve(door)
	t.Cleanup(server.Stop)
}

func dial(t *testing.T, target string, handshake credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(handshake),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	must(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

// another is a caller of the same service over another connection.
func (c *caller) another() *caller {
	return &caller{c.t, dial(c.t, c.connection.Target(), insecure.NewCredentials()), c.client}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantRefused(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	if status.Code(err) != code || !strings.HasPrefix(status.Convert(err).Message(), reason+": ") {
		t.Fatalf("wanted %v %s, got %v", code, reason, err)
	}
}

func handle(id string) []byte { return appendBytes(nil, 1, appendBytes(nil, 1, id)) }

func generating(id string, algorithm uint64) []byte {
	return appendBytes(appendNumber(nil, 1, algorithm), 2, id)
}

func signing(id string, digest []byte, hash, padding uint64) []byte {
	return appendNumber(appendNumber(appendBytes(handle(id), 2, digest), 3, hash), 4, padding)
}

var digest = sha256.Sum256([]byte("to be signed"))

func TestKeysAreMadeShownUsedAndDestroyed(t *testing.T) {
	c := newCaller(t, false)
	made, err := c.call("GenerateKey", generating("ca", 4))
	must(t, err)
	shown, err := c.call("GetPublicKey", handle("ca"))
	must(t, err)
	if made.number(2) != 4 || shown.number(1) != 4 || !bytes.Equal(made.bytes[3], shown.bytes[2]) {
		t.Fatal(made, shown)
	}
	public, err := x509.ParsePKIXPublicKey(shown.bytes[2])
	must(t, err)
	for _, hash := range []uint64{1, 0} { // 0: that of the length
		signed, err := c.call("Sign", signing("ca", digest[:], hash, 0))
		must(t, err)
		if !ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signed.bytes[1]) {
			t.Error("a signature that does not verify")
		}
	}
	_, err = c.call("GenerateKey", generating("ca", 4))
	wantRefused(t, err, codes.AlreadyExists, "KEY_EXISTS")
	for range 2 {
		_, err = c.call("DestroyKey", handle("ca"))
		must(t, err)
	}
	_, err = c.call("Sign", signing("ca", digest[:], 1, 0))
	wantRefused(t, err, codes.NotFound, "KEY_UNKNOWN")
	named, err := c.call("GenerateKey", generating("", 4))
	must(t, err)
	id, err := handleOf(named)
	must(t, err)
	if len(id) < 16 {
		t.Error("a handle that can be guessed: ", id)
	}
	health, err := c.call("Health", nil)
	must(t, err)
	if health.number(1) != healthServing {
		t.Error(health)
	}
	must(t, c.client.Seal(context.Background()))
	health, err = c.call("Health", nil)
	must(t, err)
	if health.number(1) != healthNotServing {
		t.Error(health)
	}
}

func TestRSAHasThePaddingThatIsAskedForAndNeedsAHash(t *testing.T) {
	c := newCaller(t, false)
	made, err := c.call("GenerateKey", generating("ca", 1))
	must(t, err)
	parsed, err := x509.ParsePKIXPublicKey(made.bytes[3])
	must(t, err)
	public := parsed.(*rsa.PublicKey)
	for padding := range uint64(3) {
		signed, err := c.call("Sign", signing("ca", digest[:], 1, padding))
		must(t, err)
		if padding == paddingPSS {
			must(t, rsa.VerifyPSS(public, crypto.SHA256, digest[:], signed.bytes[1], nil))
		} else {
			must(t, rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signed.bytes[1]))
		}
	}
	_, err = c.call("Sign", signing("ca", digest[:], 0, 0))
	wantRefused(t, err, codes.InvalidArgument, "INPUT_DIGEST")
	_, err = c.call("Sign", signing("ca", digest[:], 1, 3))
	wantRefused(t, err, codes.InvalidArgument, "POLICY_SCHEME")
	_, err = c.call("Sign", signing("ca", digest[:], 2, 0))
	wantRefused(t, err, codes.InvalidArgument, "ARGUMENT")
}

func TestWhatCannotBePromisedIsRefusedAndNotIgnored(t *testing.T) {
	c := newCaller(t, false)
	_, err := c.call("GenerateKey", generating("ca", 4))
	must(t, err)
	sign := slices.Clip(signing("ca", digest[:], 1, 0))
	invalid, precondition := codes.InvalidArgument, codes.FailedPrecondition
	withPurposes := appendBytes(generating("x", 4), 3, "\x01")
	withPurpose := appendNumber(generating("x", 4), 3, 1)
	inHandle := appendBytes(nil, 1, appendNumber(nil, 2, 1))
	for rule, request := range map[string]struct {
		method  string
		content []byte
		code    codes.Code
		reason  string
	}{
		"purposes of a key":       {"GenerateKey", withPurposes, precondition, "PURPOSES_UNSUPPORTED"},
		"a purpose, not packed":   {"GenerateKey", withPurpose, precondition, "PURPOSES_UNSUPPORTED"},
		"a licensed algorithm":    {"GenerateKey", generating("x", 7), invalid, "ALGORITHM_UNSUPPORTED"},
		"no algorithm":            {"GenerateKey", generating("x", 0), invalid, "ALGORITHM_UNSUPPORTED"},
		"a hash that is unknown":  {"GenerateKey", appendBytes(generating("x", 4), 4, "\x04"), invalid, "POLICY_HASH"},
		"a purpose of a Sign":     {"Sign", appendNumber(sign, 5, 1), precondition, "PURPOSES_UNSUPPORTED"},
		"a token":                 {"Sign", appendBytes(sign, 6, "token"), precondition, "TOKEN_UNSUPPORTED"},
		"a field that is unknown": {"Sign", appendNumber(sign, 7, 1), invalid, "NOT_A_REQUEST"},
		"one in the handle":       {"DestroyKey", inHandle, invalid, "NOT_A_REQUEST"},
		"one in Health":           {"Health", appendNumber(nil, 1, 1), invalid, "NOT_A_REQUEST"},
		"a field twice":           {"Sign", append(sign, sign...), invalid, "NOT_A_REQUEST"},
		"a field cut":             {"Sign", sign[:len(sign)-1], invalid, "NOT_A_REQUEST"},
		"no handle":               {"GetPublicKey", nil, invalid, "ARGUMENT"},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := c.call(request.method, request.content)
			wantRefused(t, err, request.code, request.reason)
		})
	}
	_, err = c.call("Sign", sign, "x-authorization-token", "hmac")
	wantRefused(t, err, codes.FailedPrecondition, "METADATA_UNSUPPORTED")
	_, err = c.call("GetPublicKey", handle("x"))
	wantRefused(t, err, codes.NotFound, "KEY_UNKNOWN")
}

func TestAPurposeIsARemarkOnlyWhereTheOperatorSaysSo(t *testing.T) {
	c := newCaller(t, true)
	_, err := c.call("GenerateKey", generating("ca", 4))
	must(t, err)
	_, err = c.call("Sign", appendNumber(signing("ca", digest[:], 1, 0), 5, 1))
	must(t, err)
	_, err = c.call("GenerateKey", appendBytes(generating("x", 4), 3, "\x01"))
	wantRefused(t, err, codes.FailedPrecondition, "PURPOSES_UNSUPPORTED")
}

func TestAllowedHashesAreTheKeysPolicy(t *testing.T) {
	c := newCaller(t, false)
	_, err := c.call("GenerateKey", appendBytes(generating("ca", 4), 4, "\x02\x03\x02"))
	must(t, err)
	_, err = c.call("Sign", signing("ca", digest[:], 1, 0))
	wantRefused(t, err, codes.PermissionDenied, "POLICY_HASH")
}

// makeAnew has another key made under this name, by somebody else.
func (c *caller) makeAnew(id string) {
	c.t.Helper()
	_, err := c.client.DestroyKey(context.Background(), id)
	must(c.t, err)
	_, _, err = c.client.GenerateKey(context.Background(), id, "ec-p256", signer.Policy{})
	must(c.t, err)
}

func TestAHandleMeansTheKeyThatWasShownOnThisConnectionWhateverOthersWereShown(t *testing.T) {
	a := newCaller(t, false)
	b, c := a.another(), a.another()
	_, err := a.call("GenerateKey", generating("ca", 4))
	must(t, err)
	_, err = c.call("Sign", signing("ca", digest[:], 1, 0)) // which shows it, too
	must(t, err)
	a.makeAnew("ca")
	_, err = b.call("GetPublicKey", handle("ca"))
	must(t, err)
	_, err = b.call("Sign", signing("ca", digest[:], 1, 0))
	must(t, err)
	for _, shown := range []*caller{a, c} {
		_, err = shown.call("Sign", signing("ca", digest[:], 1, 0))
		wantRefused(t, err, codes.FailedPrecondition, "KEY_CHANGED")
	}
	_, err = b.call("DestroyKey", handle("ca"))
	must(t, err)
	_, err = b.call("GenerateKey", generating("ca", 4))
	must(t, err)
	_, err = a.call("Sign", signing("ca", digest[:], 1, 0))
	wantRefused(t, err, codes.FailedPrecondition, "KEY_CHANGED")
}

func TestAConnectionIsNotShownMoreKeysThanItHasRoomFor(t *testing.T) {
	shown := newHandles()
	for n := range handlesMax {
		shown.note(&signer.Key{KeyInfo: signer.KeyInfo{ID: fmt.Sprint("key-", n)}})
	}
	wantRefused(t, shown.checkRoom("one more"), codes.ResourceExhausted, "HANDLES")
	must(t, shown.checkRoom("key-7"))
	shown.forget("key-7")
	must(t, shown.checkRoom("one more"))
}

func TestAHandleMeansTheKeyThatTheCallerWasShown(t *testing.T) {
	c := newCaller(t, false)
	_, err := c.call("GenerateKey", generating("ca", 4))
	must(t, err)
	c.makeAnew("ca")
	_, err = c.call("Sign", signing("ca", digest[:], 1, 0))
	wantRefused(t, err, codes.FailedPrecondition, "KEY_CHANGED")
	_, err = c.call("GetPublicKey", handle("ca"))
	must(t, err)
	_, err = c.call("Sign", signing("ca", digest[:], 1, 0))
	must(t, err)
	_, _, err = c.client.GenerateKey(context.Background(), "ed", "ed25519", signer.Policy{})
	must(t, err)
	_, err = c.call("GetPublicKey", handle("ed"))
	wantRefused(t, err, codes.FailedPrecondition, "ALGORITHM_UNSUPPORTED")
}
