// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// A listener without room in its backlog is asked again after this time, and after twice as long up to the second.
const (
	backlogFirst = time.Millisecond
	backlogMost  = 32 * time.Millisecond
)

// dialAny connects to the first socket that it can, from number `at` on, and returns its number. Where it fails, the
// error is that of the first one. A refusal by the system, or a server that was not expected, is for people: no other
// socket is tried.
func dialAny(ctx context.Context, s *settings, at int) (*net.UnixConn, int, error) {
	var first *Error
	for attempt := range s.paths {
		place := (at + attempt) % len(s.paths)
		socket, problem := dialShare(ctx, s, place, len(s.paths)-attempt)
		if problem == nil {
			return socket, place, nil
		}
		if ctx.Err() == context.Canceled || problem.Status != StatusUnavailable && problem.Status != StatusDeadlineExceeded {
			return nil, 0, problem
		}
		if first == nil {
			first = problem
		}
	}
	if len(s.paths) == 1 {
		return nil, 0, first
	}
	return nil, 0, newError(first.Status, first.Reason, "%s (and none of the other %d sockets is better)",
		first.Message, len(s.paths)-1).because(first.cause)
}

// dialShare connects within a fair share of the time that is left for this and the other sockets.
func dialShare(ctx context.Context, s *settings, place, shares int) (*net.UnixConn, *Error) {
	deadline, _ := ctx.Deadline()
	share, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
	defer cancel()
	return dialOne(share, s, s.paths[place])
}

func dialOne(ctx context.Context, s *settings, path string) (*net.UnixConn, *Error) {
	socket, err := dialPath(ctx, path)
	if err != nil {
		return nil, refused(ctx, path, err)
	}
	if problem := s.checkServer(socket, path); problem != nil {
		socket.Close()
		return nil, problem
	}
	return socket, nil
}

// dialPath waits for room in the listener's backlog, for which the system has no event.
func dialPath(ctx context.Context, path string) (*net.UnixConn, error) {
	if path[0] == '@' {
		path = "./" + path // package net takes such a name for an abstract socket, which has no owner to check
	}
	for wait := backlogFirst; ; wait = min(2*wait, backlogMost) {
		socket, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err == nil {
			return socket.(*net.UnixConn), nil
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func refused(ctx context.Context, path string, err error) *Error {
	var call *os.SyscallError
	switch {
	case ctx.Err() != nil:
		return timedOut(ctx, path, "accept a connection")
	case errors.As(err, &call) && call.Syscall == "socket":
		return newError(StatusResourceExhausted, ReasonConnectionRefused, "cannot make a socket for %s: %v", path,
			call.Err).because(err)
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR):
		return newError(StatusUnavailable, ReasonConnectionRefused,
			"there is no socket %s: start the signer, or name its socket", path).because(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return newError(StatusUnavailable, ReasonConnectionRefused, "no signer listens on %s: it has stopped, start it",
			path).because(err)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return newError(StatusPermissionDenied, ReasonConnectionRefused,
			"uid %d may not open %s: start the signer with --allow uid=%d", os.Geteuid(), path, os.Geteuid()).because(err)
	}
	return newError(StatusUnavailable, ReasonConnectionRefused, "cannot connect to %s: %v", path, err).because(err)
}

// checkServer asks the kernel for the user of the process that called listen, at that time.
func (s *settings) checkServer(socket *net.UnixConn, path string) *Error {
	uid, err := peerUID(socket)
	if err != nil {
		return newError(StatusUnavailable, ReasonConnectionRefused, "the system does not tell who serves %s: %v", path,
			err).because(err)
	}
	if s.expectsUID {
		if uid == s.expectUID {
			return nil
		}
		return newError(StatusPermissionDenied, ReasonServerUnexpected, "uid %d serves %s, and uid %d is expected there "+
			"(WithExpectUID or SIGNER_EXPECT_UID): nothing was sent to it", uid, path, s.expectUID)
	}
	if uid == 0 || isOwnerOfDirectory(uid, path) {
		return nil
	}
	return newError(StatusPermissionDenied, ReasonServerUnexpected, "uid %d serves %s, which is neither root nor the "+
		"owner of that directory: nothing was sent to it; if the signer runs as that user, say so with "+
		"SIGNER_EXPECT_UID=%d or WithExpectUID", uid, path, uid)
}

func peerUID(socket *net.UnixConn) (uint32, error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(descriptor uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(descriptor), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = firstError(err, failed); err != nil {
		return 0, err
	}
	return peer.Uid, nil
}

// isOwnerOfDirectory: nobody but the directory's owner can have put the socket there, unless everybody may.
func isOwnerOfDirectory(uid uint32, path string) bool {
	directory := path[:strings.LastIndexByte(path, '/')+1] // as the system reads it: "a/../b" may not be "b"
	if directory == "" {
		directory = "."
	}
	about, err := os.Stat(directory)
	if err != nil {
		return false
	}
	owner, known := about.Sys().(*syscall.Stat_t)
	return known && owner.Uid == uid
}
