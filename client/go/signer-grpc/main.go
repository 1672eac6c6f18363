// SPDX-License-Identifier: Apache-2.0

// Command signer-grpc serves trstctl.signing.v1.SignerService with the keys of a signer, which has to be one of RSA and
// ECDSA. It holds no key of a CA: whoever takes it over has the roles that its uid has at the signer, and no others.
//
//	signer-grpc -unix /run/signer-grpc/s.sock -allow-uid 1001
//	signer-grpc -tls :9443 -cert own.pem -key own.key -client-pin HEX
//
// Its signer is that of SIGNER_SOCKET, SIGNER_TIMEOUT and SIGNER_EXPECT_UID.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	signer "signer/client/go"
)

type settings struct {
	unix, tls, cert, key string
	uids                 []uint32
	pins                 []string
	purposesAreRemarks   bool
}

func parse(arguments []string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("signer-grpc", flag.ContinueOnError)
	flags.StringVar(&s.unix, "unix", "", "the socket to serve on")
	flags.StringVar(&s.tls, "tls", "", "or the address to serve on, with TLS 1.3")
	flags.StringVar(&s.cert, "cert", "", "with -tls: the file of the own certificate and its chain, PEM")
	flags.StringVar(&s.key, "key", "", "with -tls: the file of its key, PEM")
	flags.BoolVar(&s.purposesAreRemarks, "purposes-are-remarks", false, "sign although a request says what it is for")
	flags.Func("allow-uid", "with -unix: a user who is let in; may be repeated", func(text string) error {
		uid, err := strconv.ParseUint(text, 10, 32)
		s.uids = append(s.uids, uint32(uid))
		return err
	})
	flags.Func("client-pin", "with -tls: the SHA-256 of the SubjectPublicKeyInfo of a client that is let in, in hex; "+
		"may be repeated", func(text string) error {
		pin, err := hex.DecodeString(text)
		if err == nil && len(pin) != 32 {
			err = errors.New("a pin has 64 hexadecimal digits")
		}
		s.pins = append(s.pins, hex.EncodeToString(pin))
		return err
	})
	flags.SetOutput(io.Discard)
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(os.Stdout)
			flags.PrintDefaults()
		}
		return nil, err
	}
	return s, s.check(flags.NArg())
}

func (s *settings) check(rest int) error {
	switch {
	case rest > 0 || (s.unix == "") == (s.tls == ""):
		return errors.New("one of -unix and -tls is needed, and nothing but options")
	case s.unix != "" && len(s.uids) == 0:
		return errors.New("nobody would be let in: name a user with -allow-uid")
	case s.tls != "" && (s.cert == "" || s.key == "" || len(s.pins) == 0):
		return errors.New("-tls needs -cert, -key, and a client that is let in: -client-pin")
	}
	return nil
}

func (s *settings) listen() (*door, error) {
	if s.unix != "" {
		return listenUnix(s.unix, s.uids)
	}
	own, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		return nil, err
	}
	log.Print("the pin of this server is ", pinOf(leaf))
	return listenTLS(s.tls, own, s.pins)
}

func run(arguments []string) error {
	s, err := parse(arguments)
	if err != nil {
		return err
	}
	client, err := signer.New()
	if err != nil {
		return err
	}
	defer client.Close()
	door, err := s.listen()
	if err != nil {
		return err
	}
	server := newServer(newService(client, s.purposesAreRemarks), door)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		server.GracefulStop()
	}()
	log.Print("ready on ", door.Addr())
	return server.Serve(door)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("signer-grpc: ")
	err := run(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "signer-grpc:", err)
		os.Exit(1)
	}
}
