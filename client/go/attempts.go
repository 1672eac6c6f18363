// SPDX-License-Identifier: Apache-2.0

package signer

import "fmt"

// lost says that the connection ended before the answer.
type lost struct {
	path    string
	written bool // the whole request was, so the signer may have carried it out
	idle    bool // the signer closed the connection for want of requests, and has read none
}

func (l *lost) Error() string { return fmt.Sprintf("the connection to %s ended", l.path) }

// forCaller is what a caller is told where the request is not sent again.
func (l *lost) forCaller() *Error {
	what := "twice before it had read the request: try again"
	if l.written {
		what = "before the answer: whether the request was done is not known"
	}
	return newError(StatusUnavailable, ReasonConnectionLost, "the connection to the signer on %s ended %s", l.path, what)
}

// attempts counts how often, and where, a request was sent: again once over a new connection, or once to each other
// socket.
type attempts struct {
	others       int // sockets besides the first
	isRepeatable bool
	repeated     int  // although it may have been carried out, or because a signer answered that another one may
	unread       int  // because no signer can have read it
	mayBeDone    bool // by a signer whose answer was lost, and then it was sent again
}

// mayRepeat tells whether there may be another attempt after the connection was lost, and counts that.
func (a *attempts) mayRepeat(l *lost) bool {
	if !l.written && !l.idle {
		a.unread++
		return a.unread <= a.others+1
	}
	if !a.isRepeatable && !l.idle || a.repeated >= max(1, a.others) {
		return false
	}
	a.repeated++
	a.mayBeDone = a.mayBeDone || !l.idle
	return true
}

// goesElsewhere tells whether another socket is to be tried after this refusal, and counts that.
func (a *attempts) goesElsewhere(refusal *Error) bool {
	if !refusal.isForAnother() || a.repeated >= a.others {
		return false
	}
	a.repeated++
	return true
}
