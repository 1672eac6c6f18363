// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"crypto"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// Signatures by so many goroutines: BIN=…/build/bin go test -run none -bench Sign
func BenchmarkSign(b *testing.B) {
	for _, goroutines := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			client, _ := served(b)
			key := mustGenerate(b, client, "ca", "ec-p256")
			b.ReportAllocs()
			b.ResetTimer()
			signAll(b, key, goroutines)
		})
	}
}

func signAll(b *testing.B, key *Key, goroutines int) {
	var left atomic.Int64
	var workers sync.WaitGroup
	left.Store(int64(b.N))
	for range goroutines {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for left.Add(-1) >= 0 {
				if _, err := key.Sign(nil, make([]byte, 32), crypto.SHA256); err != nil {
					b.Error(err)
				}
			}
		}()
	}
	workers.Wait()
}
