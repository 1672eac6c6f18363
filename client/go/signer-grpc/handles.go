// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"

	signer "signer/client/go"
)

const handlesMax = 4096 // of a connection

// handles is what the caller on one connection means by each handle: the key that it was shown there.
type handles struct {
	mu   sync.Mutex
	keys map[string]*signer.Key
}

func newHandles() *handles { return &handles{keys: map[string]*signer.Key{}} }

// handlesOf returns those of the connection that a request came over.
func handlesOf(ctx context.Context) *handles {
	from, _ := peer.FromContext(ctx)
	return from.AuthInfo.(*guest).shown
}

// find returns nil for a handle whose key was not shown.
func (h *handles) find(id string) *signer.Key {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys[id]
}

// checkRoom refuses one more: to forget an older one would let another key sign in its place.
func (h *handles) checkRoom(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys[id] == nil && len(h.keys) >= handlesMax {
		return refuse(codes.ResourceExhausted, "HANDLES", fmt.Sprintf("%d keys were shown on this connection: use another "+
			"one for more", handlesMax))
	}
	return nil
}

func (h *handles) note(key *signer.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys[key.ID] = key
}

func (h *handles) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.keys, id)
}
