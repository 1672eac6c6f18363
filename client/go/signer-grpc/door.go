// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// bounds of the connections of a server.
type bounds struct {
	connections int           // that are served
	handshakes  int           // that are not yet: nobody knows whose they are
	perAddress  int           // of the handshakes
	patience    time.Duration // for a handshake and the beginning of HTTP/2
}

var usualBounds = bounds{connections: 256, handshakes: 1024, perAddress: 64, patience: 10 * time.Second}

// A certificate's end is looked for at least so often: a clock can be set, and a machine can sleep.
const clockStep = time.Minute

// door accepts connections. Those whose peer has not shown yet who it is are visitors: they take no place of those who
// are served, and where there are too many the oldest has to go, so that strangers who say nothing keep nobody out.
type door struct {
	net.Listener
	bounds
	check     func(net.Conn) error // before anything is read
	handshake credentials.TransportCredentials
	refusals  *rare
	mu        sync.Mutex
	waiting   []*visitor // the oldest first
	inside    int
}

// newDoor lets those in that `check` does not refuse and that, with a configuration, TLS does not.
func newDoor(listener net.Listener, config *tls.Config, check func(net.Conn) error) *door {
	handshake := insecure.NewCredentials()
	if config != nil {
		handshake = credentials.NewTLS(config)
	}
	return &door{Listener: listener, bounds: usualBounds, check: check, handshake: handshake, refusals: newRare()}
}

// visitor is a connection until it is closed.
type visitor struct {
	net.Conn
	door             *door
	address          string
	isInside, isGone bool // of these and the timer the door's mutex
	end              *time.Timer
}

func (d *door) Accept() (net.Conn, error) {
	for {
		connection, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := d.check(connection); err != nil {
			d.refusals.printf("refused: %v", err)
			connection.Close()
			continue
		}
		return d.receive(connection), nil
	}
}

func (d *door) receive(connection net.Conn) *visitor {
	arrived := &visitor{Conn: connection, door: d, address: addressOf(connection)}
	d.mu.Lock()
	out := d.crowding(arrived.address)
	if out != nil {
		d.forget(out)
	}
	d.waiting = append(d.waiting, arrived)
	d.mu.Unlock()
	if out != nil {
		d.refusals.printf("refused: %s, whose handshake is the oldest of too many", out.RemoteAddr())
		out.Conn.Close()
	}
	return arrived
}

// crowding is the visitor that has to go before one from this address, if any.
func (d *door) crowding(address string) *visitor {
	var first *visitor
	same := 0
	for _, other := range d.waiting {
		if other.address == address {
			same++
			if first == nil {
				first = other
			}
		}
	}
	if same >= d.perAddress && address != "" {
		return first
	}
	if len(d.waiting) >= d.handshakes {
		return d.waiting[0]
	}
	return nil
}

// addressOf is what one peer has one of: an address, and of IPv6 a network. It is empty for a Unix socket.
func addressOf(connection net.Conn) string {
	where, err := netip.ParseAddrPort(connection.RemoteAddr().String())
	if err != nil {
		return ""
	}
	address := where.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

// enter gives a visitor a place until its certificate ends, if it has one.
func (v *visitor) enter(end time.Time) error {
	v.door.mu.Lock()
	defer v.door.mu.Unlock()
	if v.isGone {
		return net.ErrClosed
	}
	if v.door.inside >= v.door.connections {
		return fmt.Errorf("there are %d connections already", v.door.inside)
	}
	v.door.waiting = slices.DeleteFunc(v.door.waiting, func(other *visitor) bool { return other == v })
	v.door.inside++
	v.isInside = true
	if !end.IsZero() {
		v.end = time.AfterFunc(min(time.Until(end), clockStep), func() { v.endAt(end) })
	}
	return nil
}

func (v *visitor) endAt(end time.Time) {
	v.door.mu.Lock()
	left, isGone := time.Until(end), v.isGone
	if left > 0 && !isGone {
		v.end = time.AfterFunc(min(left, clockStep), func() { v.endAt(end) })
	}
	v.door.mu.Unlock()
	if left <= 0 && !isGone {
		log.Print("ended: the certificate of ", v.RemoteAddr(), " is no longer valid")
		v.Close()
	}
}

// forget takes a visitor off the door's lists, whose mutex the caller has.
func (d *door) forget(v *visitor) {
	if v.isGone {
		return
	}
	v.isGone = true
	if v.isInside {
		d.inside--
	}
	d.waiting = slices.DeleteFunc(d.waiting, func(other *visitor) bool { return other == v })
	if v.end != nil {
		v.end.Stop()
	}
}

func (v *visitor) Close() error {
	v.door.mu.Lock()
	v.door.forget(v)
	v.door.mu.Unlock()
	return v.Conn.Close()
}

// guest is what is known of the peer of a connection that was let in.
type guest struct {
	credentials.AuthInfo
	shown *handles
}

// identification is the handshake as package grpc calls it.
type identification struct {
	credentials.TransportCredentials
	door *door
}

func (i identification) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	connection, who, err := i.TransportCredentials.ServerHandshake(raw)
	if err == nil {
		err = raw.(*visitor).enter(endOf(who))
	}
	if err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
			i.door.refusals.printf("refused: %s: %v", raw.RemoteAddr(), err)
		}
		raw.Close()
		return nil, nil, err
	}
	return connection, &guest{who, newHandles()}, nil
}

// endOf is when the peer's certificate ends, zero without one.
func endOf(who credentials.AuthInfo) time.Time {
	shown, isTLS := who.(credentials.TLSInfo)
	if !isTLS {
		return time.Time{}
	}
	return shown.State.PeerCertificates[0].NotAfter
}
