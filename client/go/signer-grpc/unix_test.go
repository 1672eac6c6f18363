// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/credentials/insecure"

	"signer/client/go/internal/signertest"
)

func own() []uint32 { return []uint32{uint32(os.Geteuid())} }

func TestASecondStartLeavesTheSocketToTheOneThatServes(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	door, err := listenUnix(path, own())
	must(t, err)
	serve(t, newService(nobodysClient(t), false), door)
	if _, err = listenUnix(path, own()); err == nil || !strings.Contains(err.Error(), "somebody serves there") {
		t.Fatal(err)
	}
	_, err = (&caller{t: t, connection: dial(t, "unix:"+path, insecure.NewCredentials())}).call("Health", nil)
	must(t, err)
}

// A backlog that is full refuses, too, but not because nobody listens.
func TestASocketWhoseBacklogIsFullIsNotStale(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	door, err := listenUnix(path, own())
	must(t, err)
	defer door.Close()
	for err == nil {
		var connection net.Conn
		if connection, err = net.Dial("unix", path); err == nil {
			defer connection.Close()
		}
	}
	if _, err = listenUnix(path, own()); err == nil || !strings.Contains(err.Error(), "somebody serves there") {
		t.Fatal(err)
	}
}

func TestASocketWhoseListenerIsGoneIsReplacedAndNothingElseIs(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	for range 2 {
		door, err := listenUnix(path, own())
		must(t, err)
		must(t, door.Close())
	}
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("a file"), 0o600))
	if _, err := listenUnix(path, own()); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	must(t, err)
	if string(content) != "a file" {
		t.Error(string(content))
	}
}

func TestOfThoseThatStartAtOnceOneServes(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	for range 20 {
		results := make(chan *door)
		for range 8 {
			go func() {
				door, _ := listenUnix(path, own())
				results <- door
			}()
		}
		var doors []*door
		for range 8 {
			if door := <-results; door != nil {
				doors = append(doors, door)
			}
		}
		if len(doors) != 1 {
			t.Fatal(len(doors), " serve")
		}
		connection, err := net.Dial("unix", path)
		must(t, err)
		connection.Close()
		must(t, doors[0].Close())
	}
}

func TestASocketOfAnotherThatCameMeanwhileStaysAtTheEnd(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	first, err := listenUnix(path, own())
	must(t, err)
	must(t, os.Remove(path))
	second, err := listenUnix(path, own())
	must(t, err)
	defer second.Close()
	must(t, first.Close())
	connection, err := net.Dial("unix", path)
	must(t, err)
	connection.Close()
}

func TestWhoIsNotLetInCausesALineASecondAndIsCounted(t *testing.T) {
	path := filepath.Join(signertest.Directory(t), "s")
	door, err := listenUnix(path, []uint32{31001})
	must(t, err)
	lines, later := make(chan string, 9), make(chan func(), 9)
	door.refusals = &rare{print: func(values ...any) { lines <- values[0].(string) },
		later: func(call func()) { later <- call }}
	serve(t, newService(nobodysClient(t), false), door)
	knock := func(times int) {
		for range times {
			connection, err := net.Dial("unix", path)
			must(t, err)
			if _, err = connection.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
	}
	knock(50)
	(<-later)() // the second is over
	(<-later)() // and another one in which nobody came
	knock(1)
	first, counted, again := <-lines, <-lines, <-lines
	if !strings.HasPrefix(first, "refused: uid ") || !strings.Contains(counted, " 49 more ") || again != first {
		t.Error(first, counted, again)
	}
	if len(lines) > 0 {
		t.Error(<-lines)
	}
}
