// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Status is the kind of a failure: errors.Is(err, signer.StatusNotFound).
type Status uint32

const (
	StatusOK                 Status = 0
	StatusInvalidArgument    Status = 1
	StatusNotFound           Status = 2
	StatusAlreadyExists      Status = 3
	StatusPermissionDenied   Status = 4
	StatusFailedPrecondition Status = 5
	StatusResourceExhausted  Status = 6
	StatusDeadlineExceeded   Status = 7
	StatusUnavailable        Status = 8
	StatusInternal           Status = 9
)

func (s Status) String() string {
	return name("STATUS", uint32(s), "OK", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "INTERNAL")
}

func (s Status) Error() string { return s.String() }

const (
	reasonMax  = 32
	messageMax = 512
)

// Error is why a call failed: the signer refused, or could not be asked.
type Error struct {
	Status     Status
	Reason     Reason
	Message    string        // for people: what, on which key or socket, what to do
	RetryAfter time.Duration // if the signer is overloaded: when to try again; otherwise 0
	cause      error
}

func (e *Error) Error() string {
	return fmt.Sprintf("signer: %s: %s: %s", e.Status, e.Reason, e.Message)
}

// Is compares with a Reason or a Status.
func (e *Error) Is(target error) bool {
	switch target := target.(type) {
	case Reason:
		return e.Reason == target
	case Status:
		return e.Status == target
	}
	return false
}

// Unwrap returns what the context, or the system, said; nil if it is the signer that refused.
func (e *Error) Unwrap() error { return e.cause }

// isForAnother tells whether the signer did nothing, and may not for long: another one may.
func (e *Error) isForAnother() bool {
	return e.Status == StatusFailedPrecondition && e.Reason == ReasonSealed ||
		e.Status == StatusUnavailable && e.Reason == ReasonDraining
}

// newError cuts and cleans what may come from the wire: texts are of one line, and bounded.
func newError(status Status, reason Reason, format string, values ...any) *Error {
	message := fmt.Sprintf(format, values...)
	return &Error{Status: status, Reason: Reason(tidy(string(reason), reasonMax)), Message: tidy(message, messageMax)}
}

func (e *Error) because(cause error) *Error {
	e.cause = cause
	return e
}

// tidy replaces control characters by spaces and cuts between characters.
func tidy(text string, most int) string {
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = text[:most]
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

// argument is the error for what is refused before anything is sent.
func argument(format string, values ...any) *Error {
	return newError(StatusInvalidArgument, ReasonArgument, format, values...)
}

// violation is the error for a peer that violated the protocol.
func violation(path, what string) *Error {
	return newError(StatusInternal, ReasonProtocol,
		"%s sent %s, so the connection was closed: is it a signer, and of which version?", path, what)
}

// timedOut is the error for a call whose context has ended; what the signer on the path did not do until then.
func timedOut(ctx context.Context, path, what string) *Error {
	if ctx.Err() == context.Canceled {
		return newError(StatusDeadlineExceeded, ReasonCancelled,
			"the caller gave up before the signer on %s did %s", path, what).because(context.Canceled)
	}
	return newError(StatusDeadlineExceeded, ReasonTimeout, "the signer on %s did not %s in time: see signerctl health",
		path, what).because(context.DeadlineExceeded)
}

// refusal is the error for an answer that is not OK. A status that this package does not know is INTERNAL.
func (r response) refusal() *Error {
	status, message := r.status, r.message
	if status > StatusInternal {
		status = StatusInternal
	}
	if r.reason == string(ReasonUnknownField) {
		message += ": the signer is older than this client, update the signer"
	}
	refusal := newError(status, Reason(r.reason), "%s", message)
	refusal.RetryAfter = time.Duration(r.retryAfterMS) * time.Millisecond
	return refusal
}
