// SPDX-License-Identifier: Apache-2.0

// Command ca makes a CA whose key is in a signer: its certificate, one for a server, and a CRL.
//
//	SIGNER_SOCKET=… go run ./examples/ca my-ca
//
// The uid that runs it needs the roles sign and admin. Run again, it goes on with the same CA.
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"os"
	"time"

	signer "signer/client/go"
)

const day = 24 * time.Hour

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: ca KEY-ID")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal("ca: ", err)
	}
}

func run(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := signer.Dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	key, _, err := client.GenerateKey(ctx, id, "ec-p256", signer.Policy{})
	if err != nil {
		return err
	}
	ca, err := certificateOf(ctx, client, key)
	if err != nil {
		return err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf, err := issue(ca, key.WithContext(ctx), serverKey.Public())
	if err != nil {
		return err
	}
	crl, err := revoke(ca, key.WithContext(ctx), big.NewInt(4711))
	if err != nil {
		return err
	}
	return print(block{"CERTIFICATE", ca.Raw}, block{"CERTIFICATE", leaf}, block{"X509 CRL", crl})
}

// certificateOf returns the CA's certificate, which the signer keeps with the key, or makes it.
func certificateOf(ctx context.Context, client *signer.Client, key *signer.Key) (*x509.Certificate, error) {
	loaded, err := client.GetKey(ctx, key.ID)
	if err != nil {
		return nil, err
	}
	chain, err := loaded.Chain()
	if err != nil {
		return nil, err
	}
	if len(chain) > 0 {
		return chain[0], nil
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: key.ID}, NotBefore: now, NotAfter: now.Add(3650 * day),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err := client.SetCertificate(ctx, key.ID, block{"CERTIFICATE", der}.pem()); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func issue(ca *x509.Certificate, key crypto.Signer, public crypto.PublicKey) ([]byte, error) {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), DNSNames: []string{"server.example"}, NotBefore: now, NotAfter: now.Add(90 * day),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	return x509.CreateCertificate(rand.Reader, template, ca, public, key)
}

func revoke(ca *x509.Certificate, key crypto.Signer, revoked *big.Int) ([]byte, error) {
	now := time.Now()
	template := &x509.RevocationList{
		Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(7 * day),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: revoked, RevocationTime: now}},
	}
	return x509.CreateRevocationList(rand.Reader, template, ca, key)
}

// serial is 127 random bits, and positive.
func serial() *big.Int {
	bytes := make([]byte, 16)
	rand.Read(bytes)
	bytes[0] = bytes[0]&0x7f | 0x40
	return new(big.Int).SetBytes(bytes)
}

type block struct {
	kind string
	der  []byte
}

func (b block) pem() []byte { return pem.EncodeToMemory(&pem.Block{Type: b.kind, Bytes: b.der}) }

func print(blocks ...block) error {
	for _, block := range blocks {
		if _, err := fmt.Printf("%s", block.pem()); err != nil {
			return err
		}
	}
	return nil
}
