// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log"
	"sync"
	"time"
)

// rare is a log for what strangers cause: a line a second at most, which tells how many were left out.
type rare struct {
	print   func(...any)
	later   func(func()) // calls it when the next line may be printed
	mu      sync.Mutex
	isQuiet bool // a line was printed within the last second
	left    int
}

func newRare() *rare {
	return &rare{print: log.Print, later: func(call func()) { time.AfterFunc(time.Second, call) }}
}

func (r *rare) printf(format string, values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isQuiet {
		r.left++
		return
	}
	r.isQuiet = true
	r.print(fmt.Sprintf(format, values...))
	r.later(r.goOn)
}

func (r *rare) goOn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == 0 {
		r.isQuiet = false
		return
	}
	r.print(fmt.Sprintf("refused: %d more in a second, which are not told one by one", r.left))
	r.left = 0
	r.later(r.goOn)
}
