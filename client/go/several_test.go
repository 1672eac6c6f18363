// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signer/client/go/internal/signertest"
)

func TestTheFirstSocketThatListensIsUsedAndKept(t *testing.T) {
	second := newFake(t, socketIn(t, "b"), serve)
	client := clientOf(t, nil, socketIn(t, "nobody"), second.path)
	for range 3 {
		wantNone(t, signOnce(client))
	}
	wantEqual(t, len(second.seen()), 3)
}

func TestWhereNoneListensTheFirstIsNamed(t *testing.T) {
	first := socketIn(t, "0")
	_, err := Dial(context.Background(), WithSockets(first, socketIn(t, "1"), socketIn(t, "2")))
	wantError(t, err, StatusUnavailable, ReasonConnectionRefused, first, "other 2 sockets")
}

func TestTheNextIsTriedWhereOneIsSealedOrStops(t *testing.T) {
	for reason, status := range map[Reason]Status{ReasonSealed: StatusFailedPrecondition,
		ReasonDraining: StatusUnavailable} {
		first := newFake(t, socketIn(t, "a"), refuse(status, reason))
		second := newFake(t, socketIn(t, "b"), serve)
		client := clientOf(t, nil, first.path, second.path)
		wantNone(t, signOnce(client))
		wantNone(t, signOnce(client))
		existed, err := client.DestroyKey(context.Background(), "ca")
		wantNone(t, err)
		wantEqual(t, existed, false)
		wantEqual(t, len(first.seen()), 1)
		wantEqual(t, len(second.seen()), 3)
	}
}

func TestWhereAllAreSealedEachIsAskedOnce(t *testing.T) {
	sealed := refuse(StatusFailedPrecondition, ReasonSealed)
	directory := signertest.Directory(t)
	var servers []*fake
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		servers = append(servers, newFake(t, filepath.Join(directory, name), sealed))
		paths = append(paths, servers[len(servers)-1].path)
	}
	wantError(t, signOnce(clientOf(t, nil, paths...)), StatusFailedPrecondition, ReasonSealed)
	for _, server := range servers {
		wantEqual(t, len(server.seen()), 1)
	}
}

func TestALostConnectionGoesToEachOtherSocketOnce(t *testing.T) {
	directory := signertest.Directory(t)
	var servers []*fake
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		servers = append(servers, newFake(t, filepath.Join(directory, name), drop))
		paths = append(paths, servers[len(servers)-1].path)
	}
	wantError(t, signOnce(clientOf(t, nil, paths...)), StatusUnavailable, ReasonConnectionLost)
	for _, server := range servers {
		wantEqual(t, len(server.seen()), 1)
	}
}

func TestARefusalOrAnUnexpectedServerIsAnAnswer(t *testing.T) {
	first := newFake(t, socketIn(t, "a"), refuse(StatusNotFound, ReasonKeyUnknown))
	second := newFake(t, socketIn(t, "b"), serve)
	wantError(t, signOnce(clientOf(t, nil, first.path, second.path)), StatusNotFound, ReasonKeyUnknown)
	third := newFake(t, socketIn(t, "c"), serve)
	unexpected := clientOf(t, []Option{WithExpectUID(31001)}, third.path, second.path)
	wantError(t, signOnce(unexpected), StatusPermissionDenied, ReasonServerUnexpected)
	wantEqual(t, len(second.seen()), 0)
}

func TestSealingIsOfOneSigner(t *testing.T) {
	client := clientOf(t, nil, socketIn(t, "a"), socketIn(t, "b"))
	wantError(t, client.Seal(context.Background()), StatusInvalidArgument, ReasonArgument, "one signer")
}

func TestAListenerWithoutRoomIsAskedAgainUntilItHasSome(t *testing.T) {
	path := socketIn(t, "full")
	listener := fullListener(t, path)
	_, err := Dial(context.Background(), WithSockets(path), WithTimeout(50*backlogFirst))
	wantError(t, err, StatusDeadlineExceeded, ReasonTimeout, "accept a connection", path)
	result := make(chan error)
	go func() {
		client, err := Dial(context.Background(), WithSockets(path), WithTimeout(patience))
		if err == nil {
			client.Close()
		}
		result <- err
	}()
	go func() {
		for connection, err := listener.Accept(); err == nil; connection, err = listener.Accept() {
			connection.Close()
		}
	}()
	wantNone(t, <-result)
}

func TestASocketThatDoesNotAcceptTakesItsShareOfTheTimeAndTheNextOneIsTried(t *testing.T) {
	full, second := socketIn(t, "full"), newFake(t, socketIn(t, "b"), serve)
	fullListener(t, full)
	client, err := New(WithSockets(full, second.path), WithTimeout(time.Second))
	wantNone(t, err)
	defer client.Close()
	wantNone(t, signOnce(client))
}

// fullListener listens on a socket whose backlog is full.
func fullListener(t *testing.T, path string) net.Listener {
	t.Helper()
	listener := listenWithBacklog(t, path, 0)
	for {
		connection, err := net.Dial("unix", path)
		if err != nil {
			wantEqual(t, strings.Contains(err.Error(), "temporarily unavailable"), true)
			return listener
		}
		t.Cleanup(func() { connection.Close() })
	}
}
