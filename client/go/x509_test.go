// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// certify makes a self-signed certificate of a key in the signer.
func certify(t *testing.T, key *Key, algorithm x509.SignatureAlgorithm) *x509.Certificate {
	t.Helper()
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: key.ID},
		DNSNames: []string{"server.example"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, SignatureAlgorithm: algorithm,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	wantNone(t, err)
	certificate, err := x509.ParseCertificate(der)
	wantNone(t, err)
	wantNone(t, certificate.CheckSignatureFrom(certificate))
	return certificate
}

func TestPackageX509IssuesCertificatesRequestsAndCRLs(t *testing.T) {
	client, _ := served(t)
	for algorithm, signatures := range map[string][]x509.SignatureAlgorithm{
		"ec-p256":  {0, x509.ECDSAWithSHA512},
		"ec-p384":  {0},
		"ec-p521":  {0},
		"rsa-2048": {0, x509.SHA384WithRSA, x509.SHA256WithRSAPSS, x509.SHA512WithRSAPSS},
		"ed25519":  {0},
	} {
		key := mustGenerate(t, client, algorithm, algorithm)
		for _, signature := range signatures {
			ca := certify(t, key, signature)
			der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1),
				ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), SignatureAlgorithm: signature}, ca, key)
			wantNone(t, err)
			crl, err := x509.ParseRevocationList(der)
			wantNone(t, err)
			wantNone(t, crl.CheckSignatureFrom(ca))
			der, err = x509.CreateCertificateRequest(rand.Reader,
				&x509.CertificateRequest{SignatureAlgorithm: signature}, key)
			wantNone(t, err)
			request, err := x509.ParseCertificateRequest(der)
			wantNone(t, err)
			wantNone(t, request.CheckSignature())
		}
	}
}

func TestACertificateIsKeptWithItsKey(t *testing.T) {
	client, _ := served(t)
	key, other := mustGenerate(t, client, "ca", "ec-p256"), mustGenerate(t, client, "other", "ec-p256")
	asPEM := func(key *Key) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certify(t, key, 0).Raw})
	}
	err := client.SetCertificate(background, "ca", []byte("no certificate"))
	wantError(t, err, StatusInvalidArgument, ReasonCertificateInvalid)
	wantError(t, client.SetCertificate(background, "ca", asPEM(other)), StatusInvalidArgument,
		ReasonCertificateOtherKey)
	chain, err := key.Chain()
	wantNone(t, err)
	wantEqual(t, len(chain), 0)
	mine := asPEM(key)
	wantNone(t, client.SetCertificate(background, "ca", mine))
	loaded, err := client.GetKey(background, "ca")
	wantNone(t, err)
	wantEqual(t, bytes.Equal(loaded.Certificate, mine), true)
	chain, err = loaded.Chain()
	wantNone(t, err)
	wantEqual(t, len(chain) == 1 && chain[0].Subject.CommonName == "ca", true)
}

func TestATLSServerSignsWithItsKeyInTheSigner(t *testing.T) {
	client, _ := served(t)
	for _, algorithm := range []string{"ec-p256", "ec-p384", "rsa-2048", "ed25519"} {
		key := mustGenerate(t, client, algorithm, algorithm)
		certificate := certify(t, key, 0)
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}},
				MaxVersion: version}
			wantNone(t, shakeHands(server, &tls.Config{RootCAs: roots, ServerName: "server.example"}))
		}
	}
}

func shakeHands(server, client *tls.Config) error {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		tls.Server(far, server).Handshake()
		far.Close()
	}()
	return tls.Client(near, client).Handshake()
}

func TestTheExampleIssuesACertificateAndACRLThatOpenSSLVerifies(t *testing.T) {
	_, signer := served(t)
	directory := t.TempDir()
	example := directory + "/ca-example"
	build := exec.Command("go", "build", "-o", example, "./examples/ca")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var certificates [2][]byte
	for run := range certificates {
		command := exec.Command(example, "my-ca")
		command.Env = append(os.Environ(), "SIGNER_SOCKET="+signer.Socket)
		output, err := command.Output()
		wantNone(t, err)
		ca, rest := pem.Decode(output)
		leaf, rest := pem.Decode(rest)
		crl, _ := pem.Decode(rest)
		certificates[run] = ca.Bytes
		for name, block := range map[string]*pem.Block{"ca": ca, "leaf": leaf, "crl": crl} {
			wantNone(t, os.WriteFile(fmt.Sprintf("%s/%s.pem", directory, name), pem.EncodeToMemory(block), 0o600))
		}
		verify := exec.Command("openssl", "verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "leaf.pem")
		verify.Dir = directory
		if output, err := verify.CombinedOutput(); err != nil {
			t.Fatalf("openssl verify: %v: %s", err, output)
		}
	}
	wantEqual(t, bytes.Equal(certificates[0], certificates[1]), true)
}
