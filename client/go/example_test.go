// SPDX-License-Identifier: Apache-2.0

package signer_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"time"

	signer "signer/client/go"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := signer.Dial(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	key, created, err := client.GenerateKey(ctx, "issuing-ca", "ec-p256", signer.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	signature, err := key.WithContext(ctx).SignMessage(nil, []byte("to be signed"), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created, len(signature))
}

// A certificate by a CA whose key and certificate the signer has.
func ExampleKey() {
	issue := func(ctx context.Context, client *signer.Client, template *x509.Certificate, public any) ([]byte, error) {
		key, err := client.GetKey(ctx, "issuing-ca")
		if err != nil {
			return nil, err
		}
		chain, err := key.Chain()
		if err != nil || len(chain) == 0 {
			return nil, errors.Join(err, errors.New("issuing-ca has no certificate"))
		}
		return x509.CreateCertificate(rand.Reader, template, chain[0], public, key.WithContext(ctx))
	}
	_ = issue
}

// What to do about a failure.
func ExampleError() {
	_, err := signer.Dial(context.Background(), signer.WithSockets("/nowhere/signer.sock"))
	var problem *signer.Error
	switch {
	case errors.Is(err, signer.ReasonKeyChanged):
		fmt.Println("the id is another key's by now: load it again if that is right")
	case errors.Is(err, signer.StatusResourceExhausted) && errors.As(err, &problem):
		time.Sleep(problem.RetryAfter)
	case errors.Is(err, signer.StatusUnavailable):
		fmt.Println("no signer now")
	}
	// Output: no signer now
}
