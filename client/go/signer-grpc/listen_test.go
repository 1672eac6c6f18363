// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	signer "signer/client/go"
	"signer/client/go/internal/signertest"
)

func nobodysClient(t *testing.T) *signer.Client {
	client, err := signer.New(signer.WithSockets("/nowhere/s"))
	must(t, err)
	return client
}

func TestAUserWhoIsNotNamedIsNotLetIn(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "grpc")
	door, err := listenUnix(path, []uint32{31001})
	must(t, err)
	serve(t, newService(nobodysClient(t), false), door)
	_, err = (&caller{t: t, connection: dial(t, "unix:"+path, insecure.NewCredentials())}).call("Health", nil)
	if status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
}

// identity is a key with a certificate of its own that is valid from then until then.
func identity(t *testing.T, from, until time.Duration) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(from),
		NotAfter: time.Now().Add(until)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pinOf(leaf)
}

// pinning is what a client has that pins the server.
func pinning(pin string, own ...tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: own, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		if pinOf(s.PeerCertificates[0]) != pin {
			return errors.New("another server")
		}
		return nil
	}}
}

func TestBothSidesOfTLSPinTheKeyOfTheOther(t *testing.T) {
	server, serverPin := identity(t, -time.Hour, time.Hour)
	known, knownPin := identity(t, -time.Hour, time.Hour)
	expired, expiredPin := identity(t, -2*time.Hour, -time.Hour)
	unknown, unknownPin := identity(t, -time.Hour, time.Hour)
	old := pinning(serverPin, known)
	old.MaxVersion = tls.VersionTLS12
	for name, c := range map[string]struct {
		config *tls.Config
		fine   bool
	}{
		"a client that is pinned":               {pinning(serverPin, known), true},
		"one that is not":                       {pinning(serverPin, unknown), false},
		"one whose certificate has expired":     {pinning(serverPin, expired), false},
		"one without a certificate":             {pinning(serverPin), false},
		"one with TLS 1.2":                      {old, false},
		"one that expects another server's key": {pinning(unknownPin, known), false},
	} {
		t.Run(name, func(t *testing.T) {
			door, err := listenTLS("127.0.0.1:0", server, []string{knownPin, expiredPin})
			must(t, err)
			serve(t, newService(nobodysClient(t), false), door)
			connection := dial(t, door.Addr().String(), credentials.NewTLS(c.config))
			_, err = (&caller{t: t, connection: connection}).call("Health", nil)
			if (err == nil) != c.fine || err != nil && status.Code(err) != codes.Unavailable {
				t.Error(err)
			}
		})
	}
}

func TestOptionsThatLetNobodyInOrAreNotMeantAreRefused(t *testing.T) {
	pin := strings.Repeat("0a", 32)
	for _, arguments := range []string{"", "-unix /s", "-tls :1 -cert c -key k", "-tls :1 -client-pin " + pin,
		"-unix /s -allow-uid 1 -tls :1", "-unix /s -allow-uid -1", "-unix /s -allow-uid 1 more",
		"-tls :1 -cert c -key k -client-pin 0a"} {
		if _, err := parse(strings.Fields(arguments)); err == nil {
			t.Error(arguments)
		}
	}
	for _, arguments := range []string{"-unix /s -allow-uid 1", "-tls :1 -cert c -key k -client-pin " + pin} {
		_, err := parse(strings.Fields(arguments))
		must(t, err)
	}
}
