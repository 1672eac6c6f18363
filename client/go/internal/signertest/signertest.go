// SPDX-License-Identifier: Apache-2.0

// Package signertest starts real signers for tests: $BIN has the programs, and without it a test is skipped.
package signertest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 60 * time.Second // for liveness only

// Keystore is one that the ceremony tool has made.
type Keystore struct{ path, kek string }

// program is one of the project's, which $BIN has; without that the test is skipped.
func program(t testing.TB, name string) string {
	t.Helper()
	bin := os.Getenv("BIN")
	if bin == "" {
		t.Skip("needs the signer: BIN=…/build/bin")
	}
	return filepath.Join(bin, name)
}

// Directory makes one that is gone when the test ends. Its path is short, as those of sockets have to be.
func Directory(t testing.TB) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "signer-go-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	return directory
}

// NewKeystore makes one that is gone when the test ends.
func NewKeystore(t testing.TB) Keystore {
	t.Helper()
	directory := Directory(t)
	made := Keystore{filepath.Join(directory, "ks"), filepath.Join(directory, "kek")}
	init := exec.Command(program(t, "signer-ceremony"), "init", "--keystore", made.path, "--kek", made.kek)
	if output, err := init.CombinedOutput(); err != nil {
		t.Fatalf("init: %v: %s", err, output)
	}
	return made
}

// Daemon is a real signer that never outlives its test.
type Daemon struct {
	t        testing.TB
	Socket   string
	keystore Keystore
	process  *exec.Cmd
	ended    chan struct{}
	mu       sync.Mutex
	said     []string
}

// NewDaemon starts a signer.
func NewDaemon(t testing.TB, keystore Keystore) *Daemon {
	t.Helper()
	d := &Daemon{t: t, Socket: filepath.Join(Directory(t), "s"), keystore: keystore}
	t.Cleanup(d.Kill)
	d.Start()
	return d
}

// Start returns when the signer serves.
func (d *Daemon) Start() {
	d.t.Helper()
	d.process = exec.Command(program(d.t, "signer"), "--keystore", d.keystore.path, "--kek", d.keystore.kek, "--socket",
		d.Socket, "--vaults", "1")
	d.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	pipe, err := d.process.StderrPipe()
	if err == nil {
		err = d.process.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	d.ended = ended
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			d.mu.Lock()
			d.said = append(d.said, lines.Text())
			d.mu.Unlock()
			if strings.HasPrefix(lines.Text(), "signer: ready ") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-ended:
		d.t.Fatal("the signer did not start: ", d.words())
	case <-time.After(patience):
		d.t.Fatal("the signer is not ready: ", d.words())
	}
}

// words is what the signer has said.
func (d *Daemon) words() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.said, "\n")
}

// Kill is the power cut of processes: all rooms at once. They hold the pipe, which ends when none is left.
func (d *Daemon) Kill() {
	if d.process == nil || d.process.Process == nil {
		return
	}
	syscall.Kill(-d.process.Process.Pid, syscall.SIGKILL)
	<-d.ended
	d.process.Wait()
	d.process = nil
}
