// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"net"
	"testing"
)

// pages answers each request with the next list of ids; after each there is more.
func pages(lists ...[]string) handler {
	return func(server *fake, connection net.Conn) {
		for _, ids := range lists {
			request, open := server.read(connection)
			if !open {
				return
			}
			var page []byte
			for _, id := range ids {
				page = join(page, text(1, string(text(1, id))))
			}
			connection.Write(answer(request.id, opListKeys, join(page, number(2, 1))))
		}
	}
}

func TestAListWhosePagesDoNotAdvanceEndsWithAnErrorOfTheProtocol(t *testing.T) {
	for rule, lists := range map[string][][]string{
		"the same page again":            {{"a", "b"}, {"a", "b"}},
		"a page that begins with the id": {{"a", "b"}, {"b", "c"}},
		"an id twice in a page":          {{"a", "a"}},
		"ids that descend":               {{"b", "a"}},
		"a page before the beginning":    {{"0"}},
		"no key, and more of them":       {{"a"}, {}},
	} {
		t.Run(rule, func(t *testing.T) {
			server := newFake(t, socketIn(t, "s"), pages(append(lists, []string{"z"})...))
			var last error
			for _, err := range clientOf(t, nil, server.path).ListKeys(context.Background(), "1") {
				last = err
			}
			wantError(t, last, StatusInternal, ReasonProtocol, "order of the ids", server.path)
			wantEqual(t, len(server.seen()), len(lists))
		})
	}
}

func TestAListWithoutAnEndEndsWithItsContext(t *testing.T) {
	var lists [][]string
	for id := byte('a'); id <= 'z'; id++ {
		lists = append(lists, []string{string(id)})
	}
	server := newFake(t, socketIn(t, "s"), pages(lists...))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for key, err := range clientOf(t, nil, server.path).ListKeys(ctx, "") {
		if last = err; key.ID == "c" {
			cancel()
		}
	}
	wantError(t, last, StatusDeadlineExceeded, ReasonCancelled)
	wantEqual(t, len(server.seen()), 3)
}
