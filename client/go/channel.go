// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bufio"
	"encoding/binary"
	"io"
	"slices"
	"time"
)

const bufferKept = 256 * 1024 // a larger one, for a long message, is not kept

// -- writing

// write writes what is in the queue, all that has gathered there in one go, until the connection has ended.
func (c *connection) write() {
	var buffer []byte
	var batch []*call
	for {
		select {
		case <-c.work:
		case <-c.over:
			return
		}
		for {
			if batch, buffer = c.takeBatch(batch[:0], buffer[:0]); len(batch) == 0 {
				break
			}
			written, err := c.socket.Write(buffer)
			c.noteWritten(batch, written)
			if err != nil {
				c.socket.SetReadDeadline(time.Now().Add(verdict)) // the reader has the last word
				return
			}
			if cap(buffer) > bufferKept {
				buffer = nil
			}
		}
	}
}

// takeBatch moves calls from the queue to those that can be answered, and encodes them.
func (c *connection) takeBatch(batch []*call, buffer []byte) ([]*call, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := 0
	for ; taken < len(c.queue) && len(buffer) < batchMax; taken++ {
		asked := c.queue[taken]
		if asked.abandoned {
			<-c.slots
			continue
		}
		c.pending[asked.id] = asked
		buffer = asked.appendFrame(buffer, asked.id, deadlineMS(asked.deadline))
		asked.end = len(buffer)
		batch = append(batch, asked)
	}
	c.queue = slices.Delete(c.queue, 0, taken)
	return batch, buffer
}

// deadlineMS is what is left of a call's time, as a request has it.
func deadlineMS(deadline time.Time) uint64 {
	left := time.Until(deadline) + time.Millisecond - 1
	return uint64(min(max(1, left.Milliseconds()), deadlineMaxMS))
}

func (c *connection) noteWritten(batch []*call, written int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, asked := range batch {
		asked.written = asked.end <= written
	}
	clear(batch)
}

// -- reading

// read hands the answers over until the connection has ended.
func (c *connection) read() {
	reader := bufio.NewReaderSize(c.socket, 64*1024)
	for !c.hasEnded() {
		payload, err := readFrame(reader)
		if err == errMalformed {
			c.distrust("a frame of an impossible length")
		} else if err != nil {
			c.quit()
		} else {
			c.handle(payload)
		}
	}
}

// readFrame returns errMalformed for a length that no answer has, before there is memory for it.
func readFrame(from io.Reader) ([]byte, error) {
	var prefix [framePrefix]byte
	if _, err := io.ReadFull(from, prefix[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length == 0 || length > responseMax {
		return nil, errMalformed
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(from, payload)
	return payload, err
}

func (c *connection) handle(payload []byte) {
	id := responseID(payload)
	if id == 0 {
		c.handleNotice(payload)
	} else if !c.settle(id, payload) {
		c.distrust("an answer to no request")
	}
}

// handleNotice: a response with id 0 is the signer's reason for closing the connection.
func (c *connection) handleNotice(payload []byte) {
	notice, err := decodeResponse(payload)
	switch {
	case err != nil:
		c.distrust("bytes that are not a response")
	case notice.status == StatusOK:
		c.distrust("an answer without an id")
	case notice.reason == string(ReasonIdle):
		c.end(&lost{path: c.path, idle: true})
	default:
		c.end(notice.refusal())
	}
}
