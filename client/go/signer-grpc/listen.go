// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

const (
	streamsMax = 256
	messageMax = 64 * 1024
)

// newServer makes one that serves those whom the door lets in.
func newServer(s *service, d *door) *grpc.Server {
	server := grpc.NewServer(grpc.ForceServerCodec(codec{}), grpc.MaxRecvMsgSize(messageMax),
		grpc.MaxConcurrentStreams(streamsMax), grpc.ConnectionTimeout(d.patience),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute, Time: time.Minute}),
		grpc.Creds(identification{d.handshake, d}))
	server.RegisterService(&description, s)
	return server
}

// listenTLS makes a door for clients whose key is pinned.
func listenTLS(address string, own tls.Certificate, pins []string) (*door, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return newDoor(listener, pinned(own, pins), func(net.Conn) error { return nil }), nil
}

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
