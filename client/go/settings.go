// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	usualSocket  = "/run/signer/signer.sock"
	usualTimeout = 30 * time.Second
	timeoutMax   = 24 * time.Hour
	socketsMax   = 8
	pathMax      = 107                // bytes of a Unix socket's address
	uidMax       = math.MaxUint32 - 1 // the last number is "no user" everywhere
)

// settings are where a client connects, how long it waits and who must serve: options, completed from the environment
// and then by the defaults, as libsigner(3) has them.
type settings struct {
	paths      []string      // at least one, in the order in which they are tried
	timeout    time.Duration // for a whole call
	expectsUID bool          // false: root or the owner of the socket's directory
	expectUID  uint32
	err        error // of the first option that was refused
}

// Option of Dial and New.
type Option func(*settings)

// WithSockets names the sockets, 1 to 8, of signers of one keystore. Otherwise they are those of $SIGNER_SOCKET, which
// are separated by colons, or /run/signer/signer.sock.
//
// The client uses the first one that it can connect to, and stays with it. When the connection is lost, or the signer
// answers SEALED or DRAINING, the next one is tried, each once for a request.
func WithSockets(paths ...string) Option {
	return func(s *settings) {
		s.paths, s.err = slices.Clone(paths), firstError(s.err, checkPaths("the socket", paths))
	}
}

// WithTimeout limits every call, connecting included, besides its context. Otherwise it is $SIGNER_TIMEOUT
// milliseconds, or 30 seconds.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) {
		s.timeout = timeout
		if timeout <= 0 || timeout > timeoutMax {
			s.err = firstError(s.err, argument("the timeout is %v: it must be more than 0 and at most %v", timeout,
				timeoutMax))
		}
	}
}

// WithExpectUID names the uid that the server must have, else nothing is sent: SERVER_UNEXPECTED. Otherwise that is
// $SIGNER_EXPECT_UID, or either root or the owner of the socket's directory.
func WithExpectUID(uid uint32) Option {
	return func(s *settings) {
		s.expectsUID, s.expectUID = true, uid
		if uid > uidMax {
			s.err = firstError(s.err, argument("the expected uid is %d, which is no user's", uid))
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func readSettings(options []Option) (*settings, error) {
	s := &settings{}
	for _, option := range options {
		option(s)
	}
	s.complete(environment())
	return s, s.err
}

// complete takes what no option has given from the environment, and what that lacks from the defaults.
func (s *settings) complete(environment map[string]string) {
	if text := environment["SIGNER_SOCKET"]; s.paths == nil && text != "" {
		s.paths = strings.Split(text, ":")
		s.err = firstError(s.err, checkPaths("SIGNER_SOCKET", s.paths))
	}
	if s.paths == nil {
		s.paths = []string{usualSocket}
	}
	if text := environment["SIGNER_TIMEOUT"]; s.timeout == 0 && text != "" {
		s.setTimeout(text)
	}
	if s.timeout == 0 {
		s.timeout = usualTimeout
	}
	if text := environment["SIGNER_EXPECT_UID"]; !s.expectsUID && text != "" {
		s.setUID(text)
	}
}

func (s *settings) setTimeout(text string) {
	number, fine := parseNumber(text, 1, uint64(timeoutMax.Milliseconds()))
	if !fine {
		s.err = firstError(s.err, argument("SIGNER_TIMEOUT is %.40q: it must be a whole number of milliseconds from 1 "+
			"to %d, in plain digits", text, timeoutMax.Milliseconds()))
	}
	s.timeout = time.Duration(number) * time.Millisecond
}

func (s *settings) setUID(text string) {
	number, fine := parseNumber(text, 0, uidMax)
	if !fine {
		s.err = firstError(s.err, argument("SIGNER_EXPECT_UID is %.40q: it must be the number of the user that the "+
			"signer runs as, in plain digits", text))
	}
	s.expectsUID, s.expectUID = true, uint32(number)
}

// parseNumber takes digits without a leading zero: each number has one spelling.
func parseNumber(text string, least, most uint64) (uint64, bool) {
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil && number >= least && number <= most && strconv.FormatUint(number, 10) == text
}

func checkPaths(setting string, paths []string) error {
	if len(paths) < 1 || len(paths) > socketsMax {
		return argument("%s names %d sockets: 1 to %d are allowed", setting, len(paths), socketsMax)
	}
	for i, path := range paths {
		if len(path) < 1 || len(path) > pathMax {
			return argument("%s: the path of a socket %.40q has %d bytes: 1 to %d are allowed", setting, path, len(path),
				pathMax)
		}
		if strings.Contains(path, "\x00") {
			return argument("%s: the path of a socket has a NUL: abstract sockets have no owner to check", setting)
		}
		if slices.Contains(paths[:i], path) {
			return argument("%s names the socket %s twice: leave one out", setting, path)
		}
	}
	return nil
}

// isSecure is found out when the program starts: after it has changed its user it may not be told any more.
var isSecure = isSecureExecution("/proc/self/auxv")

// environment returns the variables that count. A program with rights that its caller lacks is not steered by them.
func environment() map[string]string {
	found := map[string]string{}
	for _, name := range []string{"SIGNER_SOCKET", "SIGNER_TIMEOUT", "SIGNER_EXPECT_UID"} {
		if text := os.Getenv(name); text != "" {
			found[name] = text
		}
	}
	if len(found) > 0 && isSecure {
		return nil
	}
	return found
}

// isSecureExecution is what secure_getenv(3) looks at: AT_SECURE, that the kernel gives every program. Where it cannot
// be read it counts as set: a program with file capabilities may not read it, and its user ids are the same.
func isSecureExecution(path string) bool {
	const secure = 23
	vector, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	for word := strconv.IntSize / 8; len(vector) >= 2*word; vector = vector[2*word:] {
		if nativeWord(vector[:word]) == secure {
			return nativeWord(vector[word:2*word]) != 0
		}
	}
	return true
}

func nativeWord(bytes []byte) uint64 {
	if len(bytes) == 4 {
		return uint64(binary.NativeEndian.Uint32(bytes))
	}
	return binary.NativeEndian.Uint64(bytes)
}
