// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

const (
	connectionsMax = 256
	streamsMax     = 256
	messageMax     = 64 * 1024
)

func newServer(s *service, tlsConfig *tls.Config) *grpc.Server {
	options := []grpc.ServerOption{grpc.ForceServerCodec(codec{}), grpc.MaxRecvMsgSize(messageMax),
		grpc.MaxConcurrentStreams(streamsMax), grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute, Time: time.Minute})}
	if tlsConfig != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(tlsConfig)))
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&description, s)
	return server
}

// limited accepts so many connections at a time, of those that `check` lets in.
type limited struct {
	net.Listener
	slots chan struct{}
	check func(net.Conn) error
}

func limit(listener net.Listener, check func(net.Conn) error) net.Listener {
	return &limited{listener, make(chan struct{}, connectionsMax), check}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := l.check(connection); err != nil {
			log.Print("refused: ", err)
			connection.Close()
			continue
		}
		select {
		case l.slots <- struct{}{}:
			return &counted{Conn: connection, slots: l.slots}, nil
		default:
			log.Printf("refused: there are %d connections already", connectionsMax)
			connection.Close()
		}
	}
}

type counted struct {
	net.Conn
	slots chan struct{}
	left  sync.Once
}

func (c *counted) Close() error {
	c.left.Do(func() { <-c.slots })
	return c.Conn.Close()
}

// -- the Unix socket

// listenUnix makes a socket that these users may connect to; the kernel says who does.
func listenUnix(path string, uids []uint32) (net.Listener, error) {
	if about, err := os.Lstat(path); err == nil && about.Mode().Type() == os.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil { // the check below is the gate
		return nil, err
	}
	return limit(listener, func(connection net.Conn) error {
		uid, err := uidOf(connection)
		if err == nil && !slices.Contains(uids, uid) {
			err = fmt.Errorf("uid %d is not let in: -allow-uid", uid)
		}
		return err
	}), nil
}

func uidOf(connection net.Conn) (uint32, error) {
	unix, isUnix := connection.(*net.UnixConn)
	if !isUnix {
		return 0, errors.New("no Unix socket")
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(descriptor uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(descriptor), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, failed); err != nil {
		return 0, err
	}
	return peer.Uid, nil
}

// -- TLS

// pinOf is the SHA-256 of a certificate's SubjectPublicKeyInfo, in hex.
func pinOf(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// pinned lets clients in whose key is pinned, whoever certified it, while their certificate is valid.
func pinned(own tls.Certificate, pins []string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true, NextProtos: []string{"h2"},
		VerifyConnection: func(state tls.ConnectionState) error {
			leaf, now := state.PeerCertificates[0], time.Now()
			if !slices.Contains(pins, pinOf(leaf)) {
				return fmt.Errorf("the key %s is not pinned: -client-pin", pinOf(leaf))
			}
			if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
				return errors.New("the client's certificate is not valid now")
			}
			return nil
		}}
}
