// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	signer "signer/client/go"
	"signer/client/go/internal/signertest"
)

// frame reads one of proto/PROTOCOL.md, with its length.
func frame(from io.Reader) ([]byte, error) {
	length := make([]byte, 4)
	if _, err := io.ReadFull(from, length); err != nil {
		return nil, err
	}
	content := make([]byte, binary.BigEndian.Uint32(length))
	_, err := io.ReadFull(from, content)
	return append(length, content...), err
}

// relay carries requests to a signer, one at a time, and its answers back; so many of them get lost, and the connection
// with each.
func relay(near net.Conn, socket string, losses *atomic.Int32) {
	defer near.Close()
	far, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer far.Close()
	for {
		request, err := frame(near)
		if err != nil {
			return
		}
		far.Write(request)
		answer, err := frame(far)
		if err != nil || losses.Add(-1) >= 0 {
			return
		}
		near.Write(answer)
	}
}

// losing is a caller of a service that loses the next answers of its signer as often as the counter says.
func losing(t *testing.T) (*caller, *atomic.Int32) {
	t.Helper()
	daemon := signertest.NewDaemon(t, signertest.NewKeystore(t))
	path := filepath.Join(signertest.Directory(t), "relay")
	listener, err := net.Listen("unix", path)
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	losses := &atomic.Int32{}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(near, daemon.Socket, losses)
		}
	}()
	client, err := signer.New(signer.WithSockets(path))
	must(t, err)
	return callerOf(t, client, false), losses
}

func TestAKeyOfARandomHandleThatARepeatedRequestFindsIsItsOwn(t *testing.T) {
	c, losses := losing(t)
	losses.Store(1)
	made, err := c.call("GenerateKey", generating("", 4))
	must(t, err)
	id, err := handleOf(made)
	must(t, err)
	_, err = c.call("Sign", signing(id, digest[:], 1, 0))
	must(t, err)
}

func TestAKeyOfANameThatARepeatedRequestFindsIsNotCalledSomebodyElses(t *testing.T) {
	c, losses := losing(t)
	losses.Store(1)
	_, err := c.call("GenerateKey", generating("ca", 4))
	wantRefused(t, err, codes.Aborted, "OUTCOME_UNKNOWN")
	_, err = c.call("GetPublicKey", handle("ca"))
	must(t, err)
	_, err = c.call("GenerateKey", generating("ca", 4))
	wantRefused(t, err, codes.AlreadyExists, "KEY_EXISTS")
}

func TestAKeyOfWhichItIsNotKnownWhetherItWasMadeIsNamed(t *testing.T) {
	c, losses := losing(t)
	losses.Store(2)
	_, err := c.call("GenerateKey", generating("", 4))
	wantRefused(t, err, codes.Unavailable, "CONNECTION_LOST")
	_, after, found := strings.Cut(status.Convert(err).Message(), "whether there is a key ")
	id, _, _ := strings.Cut(after, " ")
	if !found {
		t.Fatal(err)
	}
	_, err = c.call("GetPublicKey", handle(id))
	must(t, err)
}
