// SPDX-License-Identifier: Apache-2.0

// Signs with a key in a loop, from this many goroutines that share a client: go_caller KEY GOROUTINES SECONDS.
package main

import (
	"context"
	"crypto"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	signer "signer/client/go"
)

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// What each signature took, until the end.
func caller(key *signer.Key, end time.Time) (took []time.Duration) {
	digest := make([]byte, 32)
	for begin := time.Now(); begin.Before(end); begin = time.Now() {
		if _, err := key.Sign(nil, digest, crypto.SHA256); err != nil {
			log.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	return took
}

func main() {
	client, err := signer.Dial(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	key, err := client.GetKey(context.Background(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	seconds := number(os.Args[3])
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	took := make([][]time.Duration, number(os.Args[2]))
	var callers sync.WaitGroup
	for i := range took {
		callers.Add(1)
		go func() {
			defer callers.Done()
			took[i] = caller(key, end)
		}()
	}
	callers.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	fmt.Printf("{\"operations_per_second\":%d,\"p50_us\":%.1f}\n", len(all)/seconds,
		float64(all[len(all)/2].Nanoseconds())/1000)
}
