// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"net"
	"sync"
	"time"
)

const (
	batchMax = 64 * 1024 // bytes, before the last request, that are written together
	// The peer's last words are in the socket already when it has closed; this is how long there is to read them.
	verdict = 200 * time.Millisecond
)

// call is a request in flight. It has ended when done is closed; then answer or failure is set.
type call struct {
	request
	id        uint64
	deadline  time.Time
	end       int  // of its frame in what the writer writes
	written   bool // the last byte was
	abandoned bool // nobody waits for the answer any more
	done      chan struct{}
	answer    []byte
	failure   error // *lost or *Error
}

// connection is shared by the calls of a client. One goroutine writes the requests and one reads the answers; both end
// with the connection, and only then do its calls, so that it is known what was written.
type connection struct {
	socket *net.UnixConn
	path   string
	at     int           // the socket's number
	slots  chan struct{} // has an entry for each request between its beginning and its answer
	work   chan struct{} // wakes the writer
	over   chan struct{} // is closed when the connection has ended

	mu      sync.Mutex // of what follows
	ended   error      // why, *lost or *Error; nil while it is up
	last    uint64     // id
	queue   []*call    // not given to the writer yet
	pending map[uint64]*call
}

func newConnection(socket *net.UnixConn, path string, at int) *connection {
	c := &connection{socket: socket, path: path, at: at, slots: make(chan struct{}, inFlightMax),
		work: make(chan struct{}, 1), over: make(chan struct{}), pending: map[uint64]*call{}}
	writerDone := make(chan struct{})
	go func() {
		defer close(writerDone)
		c.write()
	}()
	go func() {
		c.read()
		<-writerDone
		c.failAll()
	}()
	return c
}

func (c *connection) hasEnded() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// next is the number of the socket to be tried first after this connection: the same one if the signer closed for want
// of requests.
func (c *connection) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why, isLost := c.ended.(*lost); isLost && !why.idle {
		return c.at + 1
	}
	return c.at
}

// end ends the connection, if it has not ended.
func (c *connection) end(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return
	}
	c.ended = why
	close(c.over)
	c.socket.Close()
}

// quit ends the connection; requests in flight are lost.
func (c *connection) quit() { c.end(&lost{path: c.path}) }

// distrust ends the connection of a peer that violated the protocol.
func (c *connection) distrust(what string) *Error {
	problem := violation(c.path, what)
	c.end(problem)
	return problem
}

// failAll ends every call that is not answered. The writer and the reader have ended.
func (c *connection) failAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.queue {
		c.pending[call.id] = call
	}
	for _, call := range c.pending {
		call.failure = c.ended
		if why, isLost := c.ended.(*lost); isLost {
			call.failure = &lost{path: c.path, written: call.written, idle: why.idle}
		}
		close(call.done)
	}
	c.queue, c.pending = nil, nil
}

// ask sends a request and returns the answer to it. The error is a *lost or an *Error.
func (c *connection) ask(ctx context.Context, r request) (*call, error) {
	select {
	case c.slots <- struct{}{}:
	case <-c.over:
		return nil, c.whyUnsent()
	case <-ctx.Done():
		return nil, timedOut(ctx, c.path, "take the request")
	}
	asked, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	select {
	case <-asked.done:
	case <-ctx.Done():
		if !c.abandon(asked) {
			return nil, timedOut(ctx, c.path, "answer")
		}
	}
	return asked, asked.failure
}

// whyUnsent is why a request was not sent: the signer's notice, which can come before anything was asked, or just that
// the connection has ended.
func (c *connection) whyUnsent() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whyEnded()
}

func (c *connection) whyEnded() error {
	if problem, isError := c.ended.(*Error); isError {
		return problem
	}
	return &lost{path: c.path}
}

func (c *connection) begin(ctx context.Context, r request) (*call, error) {
	deadline, _ := ctx.Deadline()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return nil, c.whyEnded()
	}
	c.last++
	asked := &call{request: r, id: c.last, deadline: deadline, done: make(chan struct{})}
	c.queue = append(c.queue, asked)
	select {
	case c.work <- struct{}{}:
	default:
	}
	return asked, nil
}

// abandon gives a call up, of which the writer or the reader then frees the slot; true if it has ended before.
func (c *connection) abandon(asked *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-asked.done:
		return true
	default:
		asked.abandoned = true
		return false
	}
}

// settle gives an answer to its call; false if there is none that can have been read.
func (c *connection) settle(id uint64, payload []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked, found := c.pending[id]
	if found {
		delete(c.pending, id)
		asked.answer = payload
		<-c.slots
		close(asked.done)
	}
	return found
}
