// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"signer/client/go/internal/signertest"
)

func TestAPeerThatViolatesTheProtocolIsLeftAndNothingIsRepeated(t *testing.T) {
	for rule, c := range map[string]struct {
		bytes []byte
		words string
	}{
		"a frame of 4 GiB":       {[]byte{0xff, 0xff, 0xff, 0xff}, "of an impossible length"},
		"a frame over the limit": {[]byte{0x00, 0x10, 0x00, 0x01}, "of an impossible length"},
		"an empty frame":         {make([]byte, 4), "of an impossible length"},
		"an unknown id":          {answer(99, opHello, nil), "to no request"},
		"an answer twice":        {join(answer(1, opHello, nil), answer(1, opHello, nil)), "to no request"},
		"no id":                  {answer(0, opHello, nil), "without an id"},
		"an id of 11 bytes":      {frame([]byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")), "not a response"},
		"another operation":      {answer(1, opSeal, nil), "another operation"},
		"no result":              {frame(number(1, 1)), "another operation"},
		"a default":              {frame(join(number(1, 1), number(2, 0))), "not a response"},
		"a broken result":        {answer(1, opHello, []byte{0xff}), "not a response"},
		"an id of another shape": {frame([]byte{0x08, 0x81, 0x00}), "not a response"},
		"a broken notice":        {frame([]byte{0xff}), "not a response"},
	} {
		t.Run(rule, func(t *testing.T) {
			server := newFake(t, socketIn(t, "s"), sends(c.bytes, true), serve)
			client := clientOf(t, nil, server.path)
			_, err := client.Hello(context.Background())
			if rule == "an answer twice" { // the first one is right, and the second is the end of the connection
				wantNone(t, err)
				<-client.current.Load().over
				err = client.current.Load().ended
			}
			wantError(t, err, StatusInternal, ReasonProtocol, c.words, server.path)
			wantEqual(t, len(server.seen()), 1)
			_, err = client.Hello(context.Background())
			wantNone(t, err)
		})
	}
}

func TestAnAnswerAboutAnotherKeyThanAskedForIsRefused(t *testing.T) {
	key := text(1, string(join(text(1, "other"), text(2, "ed25519"))))
	server := newFake(t, socketIn(t, "s"), sends(answer(1, opGetKey, key), true))
	_, err := clientOf(t, nil, server.path).GetKey(context.Background(), "ca")
	wantError(t, err, StatusInternal, ReasonProtocol, "ca", "other")
}

func TestAKeyWhosePublicHalfCannotBeReadIsRefused(t *testing.T) {
	key := text(1, string(join(text(1, "ca"), text(2, "ec-p256"), text(3, string(text(1, "\x03"))), text(4, "spki"))))
	server := newFake(t, socketIn(t, "s"), sends(answer(1, opGetKey, key), true))
	_, err := clientOf(t, nil, server.path).GetKey(context.Background(), "ca")
	wantError(t, err, StatusInternal, ReasonProtocol, "public key of ca")
}

// -- who serves

func TestNothingIsSentToAServerOfAnotherUserThanExpected(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), serve)
	_, err := Dial(context.Background(), WithSockets(server.path), WithExpectUID(31001))
	wantError(t, err, StatusPermissionDenied, ReasonServerUnexpected, "nothing was sent", "31001", server.path)
	wantEqual(t, len(server.seen()), 0)
}

func TestAServerThatIsExpectedIsTaken(t *testing.T) {
	server := newFake(t, socketIn(t, "s"), serve)
	client := clientOf(t, []Option{WithExpectUID(uint32(os.Geteuid()))}, server.path)
	wantNone(t, signOnce(client))
}

func TestAServerThatIsNeitherRootNorTheDirectorysOwnerIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to listen as another user")
	}
	directory := openDirectory(t)
	path := filepath.Join(directory, "s")
	listener := listenAs(t, 31001, path)
	defer listener.Close()
	_, err := Dial(context.Background(), WithSockets(path))
	wantError(t, err, StatusPermissionDenied, ReasonServerUnexpected, "SIGNER_EXPECT_UID=31001")
	client, err := Dial(context.Background(), WithSockets(path), WithExpectUID(31001))
	wantNone(t, err)
	client.Close()
	wantNone(t, os.Chown(directory, 31001, 31001))
	client, err = Dial(context.Background(), WithSockets(path))
	wantNone(t, err)
	client.Close()
}

// openDirectory is one that every user may write to.
func openDirectory(t *testing.T) string {
	directory := signertest.Directory(t)
	wantNone(t, os.Chmod(directory, 0o777))
	return directory
}

// listenAs listens as another user: of its thread alone, as the kernel has it.
func listenAs(t *testing.T, uid int, path string) net.Listener {
	t.Helper()
	type result struct {
		listener net.Listener
		err      error
	}
	done := make(chan result)
	go func() {
		lockThreadForGood()
		if _, _, number := syscall.RawSyscall(syscall.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); number != 0 {
			done <- result{err: number}
			return
		}
		listener, err := net.Listen("unix", path)
		done <- result{listener, err}
	}()
	got := <-done
	wantNone(t, got.err)
	return got.listener
}

func TestWhoOwnsADirectoryIsAskedOfTheSystemAndNotReadFromThePath(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a directory away")
	}
	work := openDirectory(t)
	for _, name := range []string{"theirs", "theirs/inside"} {
		wantNone(t, os.Mkdir(filepath.Join(work, name), 0o755))
	}
	wantNone(t, os.Chown(filepath.Join(work, "theirs"), 31001, 31001))
	wantNone(t, os.Symlink("theirs/inside", filepath.Join(work, "link")))
	wantEqual(t, isOwnerOfDirectory(31001, work+"/link/../s"), true)
	wantEqual(t, isOwnerOfDirectory(31001, work+"/s"), false)
	wantEqual(t, isOwnerOfDirectory(31001, work+"/nowhere/s"), false)
	t.Chdir(filepath.Join(work, "theirs"))
	wantEqual(t, isOwnerOfDirectory(31001, "s"), true)
	wantEqual(t, isOwnerOfDirectory(31001, "/s"), false)
}

func TestAPathThatBeginsWithAnAtSignIsAFileAndNoAbstractSocket(t *testing.T) {
	t.Chdir(t.TempDir())
	abstract := fmt.Sprintf("@signer-go-%d", os.Getpid())
	listener, err := net.Listen("unix", abstract)
	wantNone(t, err)
	defer listener.Close()
	_, err = Dial(context.Background(), WithSockets(abstract))
	wantError(t, err, StatusUnavailable, ReasonConnectionRefused, "no socket "+abstract)
}
