// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// house is a server over TLS within these bounds that one client is pinned by.
type house struct {
	t      *testing.T
	door   *door
	config *tls.Config // of the client
}

// newHouse has a client whose certificate ends then.
func newHouse(t *testing.T, end time.Duration, limits bounds) *house {
	t.Helper()
	server, serverPin := identity(t, -time.Hour, time.Hour)
	known, knownPin := identity(t, -time.Hour, end)
	door, err := listenTLS("127.0.0.1:0", server, []string{knownPin})
	must(t, err)
	door.bounds = limits
	serve(t, newService(nobodysClient(t), false), door)
	return &house{t, door, pinning(serverPin, known)}
}

func (h *house) health() (*grpc.ClientConn, error) {
	h.t.Helper()
	connection := dial(h.t, h.door.Addr().String(), credentials.NewTLS(h.config))
	_, err := (&caller{t: h.t, connection: connection}).call("Health", nil)
	return connection, err
}

// stranger connects from an address, and says nothing.
func (h *house) stranger(from string) net.Conn {
	h.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	connection, err := dialer.Dial("tcp", h.door.Addr().String())
	must(h.t, err)
	h.t.Cleanup(func() { connection.Close() })
	return connection
}

func (h *house) waiting() int {
	h.door.mu.Lock()
	defer h.door.mu.Unlock()
	return len(h.door.waiting)
}

func TestStrangersWhoSayNothingKeepNoPinnedClientOut(t *testing.T) {
	h := newHouse(t, time.Hour, bounds{connections: 2, handshakes: 6, perAddress: 4, patience: time.Hour})
	for _, address := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"} {
		for range 8 {
			h.stranger(address)
		}
	}
	_, err := h.health()
	must(t, err)
	if count := h.waiting(); count > 6 {
		t.Error(count)
	}
}

func TestAnAddressWithTooManyHandshakesLosesItsOwnAndNoOthers(t *testing.T) {
	h := newHouse(t, time.Hour, bounds{connections: 2, handshakes: 100, perAddress: 2, patience: time.Hour})
	other := h.stranger("127.0.0.2")
	first := h.stranger("127.0.0.3")
	for range 2 {
		h.stranger("127.0.0.3")
	}
	_, err := io.Copy(io.Discard, first) // ends when it was closed
	must(t, err)
	h.door.mu.Lock()
	defer h.door.mu.Unlock()
	if len(h.door.waiting) != 3 || h.door.waiting[0].RemoteAddr().String() != other.LocalAddr().String() {
		t.Error(len(h.door.waiting))
	}
}

func TestAHandshakeThatDoesNotEndIsEnded(t *testing.T) {
	h := newHouse(t, time.Hour, bounds{connections: 2, handshakes: 9, perAddress: 9, patience: time.Millisecond})
	_, err := io.Copy(io.Discard, h.stranger("127.0.0.1")) // ends when it was closed
	must(t, err)
	if count := h.waiting(); count > 0 {
		t.Error(count)
	}
}

func TestPlacesAreTakenByThoseWhoWereLetInAndGivenBack(t *testing.T) {
	h := newHouse(t, time.Hour, bounds{connections: 1, handshakes: 9, perAddress: 9, patience: time.Hour})
	first, err := h.health()
	must(t, err)
	_, err = h.health()
	if status.Code(err) != codes.Unavailable {
		t.Fatal(err)
	}
	must(t, first.Close())
	for _, err = h.health(); status.Code(err) == codes.Unavailable; _, err = h.health() {
		time.Sleep(time.Millisecond) // until the server has seen the end
	}
	must(t, err)
}

func TestAConnectionEndsWithTheCertificateOfItsClient(t *testing.T) {
	h := newHouse(t, 4*time.Second, usualBounds)
	end, began := time.Now().Add(4*time.Second).Truncate(time.Second), time.Now()
	connection, err := h.health()
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if !connection.WaitForStateChange(ctx, connectivity.Ready) {
		t.Fatal("it goes on")
	}
	if time.Now().Before(end.Add(-time.Second)) {
		t.Error("it ended early: ", time.Since(began))
	}
	_, err = h.health()
	if status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
}

func TestAnAddressOfIPv6IsItsNetwork(t *testing.T) {
	for text, wanted := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64"} {
		if got := addressOf(remote{at: &net.TCPAddr{IP: net.ParseIP(text), Port: 1}}); got != wanted {
			t.Error(text, got)
		}
	}
	if got := addressOf(remote{at: &net.UnixAddr{Net: "unix"}}); got != "" {
		t.Error(got)
	}
}

type remote struct {
	net.Conn
	at net.Addr
}

func (r remote) RemoteAddr() net.Addr { return r.at }
