// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lockThreadForGood: the thread of this goroutine ends with it, and serves no other.
func lockThreadForGood() { runtime.LockOSThread() }

func listenWithBacklog(t *testing.T, path string, backlog int) net.Listener {
	t.Helper()
	descriptor, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	wantNone(t, err)
	wantNone(t, syscall.Bind(descriptor, &syscall.SockaddrUnix{Name: path}))
	wantNone(t, syscall.Listen(descriptor, backlog))
	file := os.NewFile(uintptr(descriptor), path)
	defer file.Close()
	listener, err := net.FileListener(file)
	wantNone(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}

// deaf reads a request, tells so, and never answers it.
func deaf(read chan<- seen) handler {
	return func(server *fake, connection net.Conn) {
		for {
			request, open := server.read(connection)
			if !open {
				return
			}
			read <- request
		}
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	read := make(chan seen, 9)
	server := newFake(t, socketIn(t, "s"), deaf(read))
	client := clientOf(t, nil, server.path)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-read
		cancel()
	}()
	_, err := client.Hello(ctx)
	wantError(t, err, StatusDeadlineExceeded, ReasonCancelled, server.path)
	wantEqual(t, errors.Is(err, context.Canceled), true)
	wantEqual(t, errors.Is(err, context.DeadlineExceeded), false)

	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = client.Hello(ctx)
	wantError(t, err, StatusDeadlineExceeded, ReasonTimeout, server.path)
	wantEqual(t, errors.Is(err, context.DeadlineExceeded), true)
}

func TestNothingIsSentForAContextThatHasEnded(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), serve)
	client := clientOf(t, nil, server.path)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := client.Sign(ctx, anySign)
	wantError(t, err, StatusDeadlineExceeded, ReasonCancelled)
	wantNone(t, signOnce(client))
	wantEqual(t, len(server.seen()), 1)
}

func TestALateAnswerIsDroppedAndTheConnectionGoesOn(t *testing.T) {
	read := make(chan struct{})
	late := func(server *fake, connection net.Conn) {
		first, _ := server.read(connection)
		close(read)
		second, _ := server.read(connection)
		connection.Write(join(answer(first.id, opHello, text(1, "late")), answer(second.id, opHello, text(1, "in time"))))
		server.read(connection)
	}
	server := newFake(t, socketIn(t, "s"), late)
	client := clientOf(t, nil, server.path)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-read
		cancel()
	}()
	_, err := client.Hello(ctx)
	wantError(t, err, StatusDeadlineExceeded, ReasonCancelled)
	hello, err := client.Hello(context.Background())
	wantNone(t, err)
	wantEqual(t, hello.Version, "in time")
	wantEqual(t, len(client.current.Load().slots), 0)
}

func TestTheSignerIsToldHowMuchTimeIsLeft(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), serve)
	client := clientOf(t, nil, server.path)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := client.Sign(ctx, anySign)
	wantNone(t, err)
	wantNone(t, signOnce(client))
	requests := server.seen()
	if left := requests[0].deadlineMS; left < 1 || left > 5000 {
		t.Errorf("%d ms of 5 s", left)
	}
	if left := requests[1].deadlineMS; left <= 5000 || left > uint64(patience.Milliseconds()) {
		t.Errorf("%d ms of the client's time", left)
	}
	wantEqual(t, deadlineMS(time.Now().Add(time.Hour)), deadlineMaxMS)
	wantEqual(t, deadlineMS(time.Now().Add(-time.Hour)), 1)
}

func TestRequestsInFlightAreBoundedAndTheNextOneGoesWhenOneIsAnswered(t *testing.T) {
	read := make(chan seen, inFlightMax+1)
	release := make(chan struct{})
	held := func(server *fake, connection net.Conn) {
		for range inFlightMax {
			request, _ := server.read(connection)
			read <- request
		}
		<-release
		for range inFlightMax {
			request := <-read
			connection.Write(answer(request.id, request.operation, text(1, "signature")))
		}
		serve(server, connection)
	}
	server := newFake(t, socketIn(t, "s"), held)
	client := clientOf(t, nil, server.path)
	var calls sync.WaitGroup
	for range inFlightMax {
		calls.Add(1)
		go func() {
			defer calls.Done()
			if err := signOnce(client); err != nil {
				t.Error(err)
			}
		}()
	}
	for client.current.Load() == nil || len(client.current.Load().slots) < inFlightMax {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := client.Sign(ctx, anySign)
	wantError(t, err, StatusDeadlineExceeded, ReasonTimeout, "take the request")
	close(release)
	calls.Wait()
	wantNone(t, signOnce(client))
	wantEqual(t, len(server.seen()), inFlightMax+1)
}

func TestAClientThatWasClosedRefusesAndItsCallsFail(t *testing.T) {
	read := make(chan seen, 1)
	server := newFake(t, socketIn(t, "s"), deaf(read))
	client := clientOf(t, nil, server.path)
	go func() {
		<-read
		client.Close()
	}()
	for range 2 {
		err := signOnce(client)
		wantError(t, err, StatusInvalidArgument, ReasonArgument, "closed")
		wantEqual(t, errors.Is(err, net.ErrClosed), true)
	}
	unused, err := New(WithSockets("/nowhere"))
	wantNone(t, err)
	wantNone(t, unused.Close())
}

func TestAConnectionThatWasMadeWhileTheClientWasClosedIsClosedToo(t *testing.T) {
	near, _ := pair(t)
	client, err := New(WithSockets("/nowhere"))
	wantNone(t, err)
	client.Close()
	made := newConnection(near, "/nowhere", 0)
	_, err = client.keep(made)
	wantError(t, err, StatusInvalidArgument, ReasonArgument, "closed")
	wantEqual(t, made.hasEnded(), true)
}

// A call that was given up while another one is being written, to a peer that does not read yet.
func TestWhatWasGivenUpBeforeItWasWrittenIsNotSent(t *testing.T) {
	near, far := pair(t)
	connection := newConnection(near, "/s", 0)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	long, err := (&SignRequest{ID: "ca", Scheme: EdDSA, Message: make([]byte, 900_000)}).request()
	wantNone(t, err)
	go connection.ask(ctx, long)
	waitFor(connection, func() bool { return len(connection.pending) == 1 })
	given, giveUp := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		connection.ask(given, simple(opSeal))
	}()
	waitFor(connection, func() bool { return len(connection.queue) == 1 })
	giveUp()
	<-ended
	go connection.ask(ctx, simple(opHello))
	server := &fake{t: t}
	for _, wanted := range []operation{opSign, opHello} {
		request, open := server.read(far)
		wantEqual(t, open, true)
		wantEqual(t, request.operation, wanted)
	}
	wantEqual(t, len(connection.slots), 2)
}

func waitFor(c *connection, condition func() bool) {
	for done := false; !done; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		done = condition()
		c.mu.Unlock()
	}
}

func TestNoGoroutineOutlivesItsConnection(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		server := newFake(t, socketIn(t, "s"), drop, serve)
		client := clientOf(t, nil, server.path)
		wantNone(t, signOnce(client))
		client.Close()
	}
	for runtime.NumGoroutine() > before { // a test that hangs here is one that has failed
		time.Sleep(time.Millisecond)
	}
}
