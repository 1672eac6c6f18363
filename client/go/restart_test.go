// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signer/client/go/internal/signertest"
)

var toSign = []byte("to be signed")

func signMessage(key *Key) error {
	signature, err := key.SignMessage(nil, toSign, crypto.SHA256)
	if err != nil {
		return err
	}
	if len(signature) == 0 {
		return fmt.Errorf("an empty signature")
	}
	return nil
}

func TestItGoesOnAfterTheSignerWasKilledAndStartedAgain(t *testing.T) {
	client, signer := served(t)
	key := mustGenerate(t, client, "ca", "ec-p256")
	for range 3 {
		signer.Kill()
		signer.Start()
		signature, err := key.SignMessage(nil, toSign, crypto.SHA256)
		wantNone(t, err)
		wantVerified(t, key.Public(), toSign, signature, crypto.SHA256)
	}
	signer.Kill()
	wantError(t, signMessage(key), StatusUnavailable, ReasonConnectionRefused, signer.Socket)
	signer.Start()
	existed, err := client.DestroyKey(background, "ca")
	wantNone(t, err)
	wantEqual(t, existed, true)
}

func TestAKeyThatWasLoadedIsTheOneThatSigns(t *testing.T) {
	client, signer := served(t)
	first := mustGenerate(t, client, "ca", "ec-p256")
	other := clientOf(t, nil, signer.Socket)
	_, err := other.DestroyKey(background, "ca")
	wantNone(t, err)
	mustGenerate(t, other, "ca", "ec-p256")
	wantError(t, signMessage(first), StatusFailedPrecondition, ReasonKeyChanged, "ca")
	second, err := client.GetKey(background, "ca")
	wantNone(t, err)
	wantNone(t, signMessage(second))
	wantError(t, signMessage(first), StatusFailedPrecondition, ReasonKeyChanged, "ca")
	_, err = client.Sign(background, SignRequest{ID: "ca", Scheme: ECDSA, Hash: SHA256, Digest: make([]byte, 32)})
	wantNone(t, err) // whichever key has the id
}

func TestAKeySignsWithAContext(t *testing.T) {
	client, _ := served(t)
	key := mustGenerate(t, client, "ca", "ec-p256")
	ctx, cancel := context.WithCancel(background)
	bound := key.WithContext(ctx)
	wantNone(t, signMessage(bound))
	cancel()
	wantError(t, signMessage(bound), StatusDeadlineExceeded, ReasonCancelled)
	wantNone(t, signMessage(key))
}

func TestSealedMeansThatNothingIsSigned(t *testing.T) {
	client, _ := served(t)
	key := mustGenerate(t, client, "ca", "ec-p256")
	wantNone(t, client.Seal(background))
	wantError(t, signMessage(key), StatusFailedPrecondition, ReasonSealed)
	health, err := client.Health(background)
	wantNone(t, err)
	wantEqual(t, health.State, StateSealed)
}

func TestSignersOfOneKeystoreStandInForEachOther(t *testing.T) {
	keystore := signertest.NewKeystore(t)
	first, second := signertest.NewDaemon(t, keystore), signertest.NewDaemon(t, keystore)
	client := clientOf(t, nil, first.Socket, second.Socket)
	key := mustGenerate(t, client, "ca", "ec-p256")
	wantNone(t, clientOf(t, nil, first.Socket).Seal(background))
	wantNone(t, signMessage(key))
	first.Kill()
	first.Start()
	second.Kill()
	wantNone(t, signMessage(key))
}

func TestManyGoroutinesHaveEachItsOwnAnswerOverOneConnection(t *testing.T) {
	client, _ := served(t)
	var keys []*Key
	for n := range 4 {
		keys = append(keys, mustGenerate(t, client, fmt.Sprintf("ca-%d", n), "ed25519"))
	}
	var workers sync.WaitGroup
	for worker := range 64 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range 50 {
				key, message := keys[n%4], fmt.Appendf(nil, "%d %d", worker, n)
				signature, err := key.Sign(nil, message, crypto.Hash(0))
				if err != nil || !ed25519.Verify(key.Public().(ed25519.PublicKey), message, signature) {
					t.Error(worker, n, err)
				}
			}
		}()
	}
	workers.Wait()
	stats, err := client.Stats(background)
	wantNone(t, err)
	wantEqual(t, stats["connections"], 1)
}

// Under load a kill -9 costs each goroutine at most errors that say so, never a wrong or a strange answer.
func TestAKillUnderLoadCostsErrorsThatSayWhatTheyAreAndThenItGoesOn(t *testing.T) {
	client, signer := served(t)
	key := mustGenerate(t, client, "ca", "ec-p256")
	var workers sync.WaitGroup
	var signed, stop atomic.Int64
	for range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for stop.Load() == 0 {
				signature, err := key.SignMessage(nil, toSign, crypto.SHA256)
				if err != nil {
					if !errors.Is(err, ReasonConnectionLost) && !errors.Is(err, ReasonConnectionRefused) {
						t.Error(err)
					}
					time.Sleep(time.Millisecond)
					continue
				}
				if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), hashed(crypto.SHA256, toSign), signature) {
					t.Error("a signature that does not verify")
				}
				signed.Add(1)
			}
		}()
	}
	for range 3 {
		before := signed.Load()
		for signed.Load() < before+50 && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		signer.Kill()
		signer.Start()
	}
	stop.Store(1)
	workers.Wait()
	wantNone(t, signMessage(key))
}
