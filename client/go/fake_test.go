// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signer/client/go/internal/signertest"
)

const patience = 60 * time.Second // for liveness only

// seen is a request as a fake signer has read it.
type seen struct {
	id, deadlineMS uint64
	operation      operation
	content        []byte
}

// fake is a server that follows a script: each connection that it accepts is handled by the next function. After the
// last one nobody listens.
type fake struct {
	t        *testing.T
	path     string
	mu       sync.Mutex
	requests []seen
}

type handler func(server *fake, connection net.Conn)

func newFake(t *testing.T, path string, handlers ...handler) *fake {
	t.Helper()
	server := &fake{t: t, path: path}
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, handle := range handlers {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { connection.Close() })
			handle(server, connection)
			connection.Close()
		}
		listener.Close()
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return server
}

// read reads the next request, and refuses one that is not in canonical encoding; false: the client has closed.
func (f *fake) read(connection net.Conn) (seen, bool) {
	payload, err := readFrame(connection)
	if err != nil {
		return seen{}, false
	}
	d := decoder{rest: payload}
	request := seen{id: d.numberOf(1, 64), deadlineMS: d.numberOf(2, 32)}
	for number := opHello; number <= opLast; number++ {
		if content, found := d.messageOf(uint64(number)); found {
			request.operation, request.content = number, content
		}
	}
	again := asRequest(request).appendFrame(nil, request.id, request.deadlineMS)
	if d.done() != nil || !bytes.Equal(again[framePrefix:], payload) {
		f.t.Errorf("not canonical: %x", payload)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, request)
	return request, true
}

func asRequest(s seen) request { return request{s.operation, s.content} }

func (f *fake) seen() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.requests...)
}

// answer encodes a response with a result; its fields are in the order of their numbers.
func answer(id uint64, operation operation, result []byte) []byte {
	return request{operation, result}.appendFrame(nil, id, 0)
}

// refusal encodes a response without a result.
func refusal(id uint64, status Status, reason Reason, message string) []byte {
	body := appendNumber(appendNumber(nil, 1, id), 2, uint64(status))
	return frame(appendBytes(appendBytes(body, 3, string(reason)), 4, message))
}

func frame(payload []byte) []byte {
	n := len(payload)
	return append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
}

// drop reads a request and closes.
func drop(server *fake, connection net.Conn) { server.read(connection) }

// serve answers each Sign with "signature" and the others with an empty result, until the client closes.
func serve(server *fake, connection net.Conn) {
	for {
		request, open := server.read(connection)
		if !open {
			return
		}
		var result []byte
		if request.operation == opSign {
			result = appendBytes(nil, 1, "signature")
		}
		connection.Write(answer(request.id, request.operation, result))
	}
}

// refuse refuses every request.
func refuse(status Status, reason Reason) handler {
	return func(server *fake, connection net.Conn) {
		for {
			request, open := server.read(connection)
			if !open {
				return
			}
			connection.Write(refusal(request.id, status, reason, "no"))
		}
	}
}

// notice reads a request, answers with id 0 and closes.
func notice(status Status, reason Reason) handler {
	return sends(refusal(0, status, reason, "bye"), false)
}

// sends reads a request and answers with these bytes; then it closes, or waits for the client to close.
func sends(bytes []byte, stays bool) handler {
	return func(server *fake, connection net.Conn) {
		server.read(connection)
		connection.Write(bytes)
		if stays {
			io.Copy(io.Discard, connection)
		}
	}
}

// -- clients

func socketIn(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(signertest.Directory(t), name)
}

// clientOf makes a client of these sockets that is closed when the test ends.
func clientOf(t testing.TB, options []Option, paths ...string) *Client {
	t.Helper()
	client, err := New(append([]Option{WithTimeout(patience), WithSockets(paths...)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

var anySign = SignRequest{ID: "ca", Scheme: EdDSA, Message: []byte("x"), PublicKeySHA256: make([]byte, sha256Size)}

func signOnce(client *Client) error {
	signature, err := client.Sign(context.Background(), anySign)
	if err == nil && string(signature) != "signature" {
		return errors.New("another signature: " + string(signature))
	}
	return err
}

// wantError checks status, reason and words of a failure.
func wantError(t *testing.T, err error, status Status, reason Reason, words ...string) {
	t.Helper()
	var problem *Error
	if !errors.As(err, &problem) || !errors.Is(err, status) || !errors.Is(err, reason) {
		t.Fatalf("wanted %v %v, got %v", status, reason, err)
	}
	for _, word := range words {
		if !strings.Contains(problem.Message, word) {
			t.Fatalf("wanted %q in: %v", word, err)
		}
	}
}

func wantNone(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantEqual[T comparable](t testing.TB, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Fatalf("got %v, wanted %v", got, wanted)
	}
}
