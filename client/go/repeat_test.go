// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"net"
	"testing"
)

func TestWhatIsSafeIsSentOnceMoreOverANewConnection(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), drop, serve)
	wantNone(t, signOnce(clientOf(t, nil, server.path)))
	requests := server.seen()
	wantEqual(t, len(requests), 2)
	wantEqual(t, string(requests[0].content), string(requests[1].content))
}

func TestWhatIsSafeIsNotSentAThirdTime(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), drop, drop, serve)
	err := signOnce(clientOf(t, nil, server.path))
	wantError(t, err, StatusUnavailable, ReasonConnectionLost, server.path, "not known")
	wantEqual(t, len(server.seen()), 2)
}

func TestAKeyThatARepeatedRequestFindsIsNotCalledSomebodyElses(t *testing.T) {
	idle := notice(StatusDeadlineExceeded, ReasonIdle)
	existing := sends(answer(1, opGenerateKey, text(1, string(describe("ml-dsa-65", MLDSA, []byte("spki"))))), true)
	for name, c := range map[string]struct {
		handlers []handler
		repeated bool
	}{
		"at once":                      {[]handler{existing}, false},
		"after a lost answer":          {[]handler{drop, existing}, true},
		"after a close for want of it": {[]handler{idle, existing}, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := newFake(t, socketIn(t, "s"), c.handlers...)
			made, err := clientOf(t, nil, server.path).Generate(context.Background(), "ca", "ml-dsa-65", Policy{})
			wantNone(t, err)
			wantEqual(t, made.Created, false)
			wantEqual(t, made.Repeated, c.repeated)
			wantEqual(t, made.Key.ID, "ca")
		})
	}
}

// unsafe are the operations that may not be repeated once they were written.
func unsafe(client *Client) map[string]error {
	ctx := context.Background()
	_, destroyed := client.DestroyKey(ctx, "ca")
	return map[string]error{"destroy": destroyed, "set_certificate": client.SetCertificate(ctx, "ca", []byte("PEM")),
		"seal": client.Seal(ctx)}
}

func TestWhatMayHaveBeenDoneAndIsNotSafeIsNotRepeated(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), drop, drop, drop, serve)
	for name, err := range unsafe(clientOf(t, nil, server.path)) {
		if err == nil {
			t.Fatal(name, "was repeated")
		}
		wantError(t, err, StatusUnavailable, ReasonConnectionLost, "not known")
	}
	wantEqual(t, len(server.seen()), 3)
}

func TestWhatIsNotSafeIsRepeatedWhereTheSignerHadClosedForWantOfRequests(t *testing.T) {
	idle := notice(StatusDeadlineExceeded, ReasonIdle)
	server := newFake(t, socketIn(t, "s"), idle, serve)
	wantNone(t, clientOf(t, nil, server.path).Seal(context.Background()))
	wantEqual(t, len(server.seen()), 2)
}

func TestWhatNoSignerCanHaveReadIsSentAgainWhateverItIs(t *testing.T) {
	closing := func(server *fake, connection net.Conn) {
		request, _ := server.read(connection)
		connection.Write(answer(request.id, request.operation, nil))
	}
	server := newFake(t, socketIn(t, "s"), closing, serve)
	client := clientOf(t, nil, server.path)
	_, err := client.Hello(context.Background())
	wantNone(t, err)
	<-client.current.Load().over
	wantNone(t, client.Seal(context.Background()))
	wantEqual(t, len(server.seen()), 2)
}

// A peer that closes its side while the client writes: the frame is in no socket, or only in part.
func TestARequestThatWasWrittenInPartIsNotCalledWritten(t *testing.T) {
	near, far := pair(t)
	connection := newConnection(near, "/s", 0)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	long, err := (&SignRequest{ID: "ca", Scheme: EdDSA, Message: make([]byte, 900_000)}).request()
	wantNone(t, err)
	long.operation = opSetCertificate // of the length that no socket holds, and not safe to repeat
	result := make(chan error, 1)
	go func() {
		_, err := connection.ask(ctx, long)
		result <- err
	}()
	some := make([]byte, 10)
	_, err = far.Read(some)
	wantNone(t, err)
	far.Close()
	why, isLost := (<-result).(*lost)
	wantEqual(t, isLost && !why.written && !why.idle, true)
}

func TestAPeerThatReadsNoLongerAndSaysNothingIsLeft(t *testing.T) {
	near, far := pair(t)
	wantNone(t, far.CloseRead())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := newConnection(near, "/s", 0).ask(ctx, simple(opSeal))
	why, isLost := err.(*lost)
	wantEqual(t, isLost && !why.written, true)
}

func pair(t *testing.T) (near, far *net.UnixConn) {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socketIn(t, "pair"), Net: "unix"})
	wantNone(t, err)
	defer listener.Close()
	near, err = net.DialUnix("unix", nil, listener.Addr().(*net.UnixAddr))
	wantNone(t, err)
	far, err = listener.AcceptUnix()
	wantNone(t, err)
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestANoticeThatEndsTheConnectionIsTheAnswer(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), notice(StatusResourceExhausted, ReasonConnections), serve)
	client := clientOf(t, nil, server.path)
	wantError(t, signOnce(client), StatusResourceExhausted, ReasonConnections)
	wantNone(t, signOnce(client))
}

func TestANoticeBeforeAnyRequestIsHeardWhereTheSignerHasClosed(t *testing.T) {
	refusing := func(_ *fake, connection net.Conn) {
		connection.Write(refusal(0, StatusPermissionDenied, ReasonUIDNotAllowed, "uid 7"))
	}
	server := newFake(t, socketIn(t, "s"), refusing, refusing)
	wantError(t, signOnce(clientOf(t, nil, server.path)), StatusPermissionDenied, ReasonUIDNotAllowed, "uid 7")
}

func TestANoticeThatWasReadBeforeTheRequestBeganIsItsAnswer(t *testing.T) {
	near, far := pair(t)
	connection := newConnection(near, "/s", 0)
	_, err := far.Write(refusal(0, StatusPermissionDenied, ReasonUIDNotAllowed, "uid 7"))
	wantNone(t, err)
	<-connection.over
	for range 100 { // the slot and the end are ready at once, and either may be seen first
		_, err = connection.ask(context.Background(), simple(opHello))
		wantError(t, err, StatusPermissionDenied, ReasonUIDNotAllowed, "uid 7")
	}
}

func TestARefusalIsAnAnswer(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), refuse(StatusInvalidArgument, ReasonUnknownField))
	wantError(t, signOnce(clientOf(t, nil, server.path)), StatusInvalidArgument, ReasonUnknownField, "older")
	wantEqual(t, len(server.seen()), 1)
}

func TestHowOftenARequestMayBeSent(t *testing.T) {
	written, unwritten, idle := &lost{written: true}, &lost{}, &lost{written: true, idle: true}
	for name, c := range map[string]struct {
		others       int
		isRepeatable bool
		losses       []*lost
		wanted       bool // of the last one
	}{
		"safe, once":                          {0, true, []*lost{written}, true},
		"safe, twice":                         {0, true, []*lost{written, written}, false},
		"safe, to each of two others":         {2, true, []*lost{written, written}, true},
		"safe, to each of two others and on":  {2, true, []*lost{written, written, written}, false},
		"not safe":                            {0, false, []*lost{written}, false},
		"not safe, closed for want of one":    {0, false, []*lost{idle}, true},
		"not safe, not read":                  {0, false, []*lost{unwritten}, true},
		"not read, twice":                     {0, true, []*lost{unwritten, unwritten}, false},
		"not read, then written":              {0, true, []*lost{unwritten, written}, true},
		"not safe, not read and then written": {0, false, []*lost{unwritten, written}, false},
	} {
		attempts, got := attempts{others: c.others, isRepeatable: c.isRepeatable}, false
		for _, loss := range c.losses {
			got = attempts.mayRepeat(loss)
		}
		if got != c.wanted {
			t.Errorf("%s: %v", name, got)
		}
	}
}
