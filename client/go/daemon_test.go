// SPDX-License-Identifier: Apache-2.0

package signer

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

// keystore is one that the ceremony tool has made.
type keystore struct{ path, kek string }

// program is one of the project's, which $BIN has; without that the test is skipped.
func program(t testing.TB, name string) string {
	t.Helper()
	bin := os.Getenv("BIN")
	if bin == "" {
		t.Skip("needs the signer: BIN=…/build/bin")
	}
	return filepath.Join(bin, name)
}

func newKeystore(t testing.TB) keystore {
	t.Helper()
	directory := t.TempDir()
	made := keystore{filepath.Join(directory, "ks"), filepath.Join(directory, "kek")}
	init := exec.Command(program(t, "signer-ceremony"), "init", "--keystore", made.path, "--kek", made.kek)
	if output, err := init.CombinedOutput(); err != nil {
		t.Fatalf("init: %v: %s", err, output)
	}
	return made
}

// daemon is a real signer that never outlives its test.
type daemon struct {
	t        testing.TB
	socket   string
	keystore keystore
	process  *exec.Cmd
	ended    chan struct{}
	mu       sync.Mutex
	said     []string
}

func newDaemon(t testing.TB, keystore keystore) *daemon {
	t.Helper()
	d := &daemon{t: t, socket: socketIn(t, "s"), keystore: keystore}
	t.Cleanup(d.kill)
	d.start()
	return d
}

// start returns when the signer serves.
func (d *daemon) start() {
	d.t.Helper()
	d.process = exec.Command(program(d.t, "signer"), "--keystore", d.keystore.path, "--kek", d.keystore.kek, "--socket",
		d.socket, "--vaults", "1")
	d.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	pipe, err := d.process.StderrPipe()
	wantNone(d.t, err)
	wantNone(d.t, d.process.Start())
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
		d.t.Fatal("the signer did not start: ", strings.Join(d.said, "\n"))
	case <-time.After(patience):
		d.t.Fatal("the signer is not ready: ", strings.Join(d.said, "\n"))
	}
}

// kill is the power cut of processes: all rooms at once. They hold the pipe, which ends when none is left.
func (d *daemon) kill() {
	if d.process == nil || d.process.Process == nil {
		return
	}
	syscall.Kill(-d.process.Process.Pid, syscall.SIGKILL)
	<-d.ended
	d.process.Wait()
	d.process = nil
}

// served is a client of a signer of its own.
func served(t *testing.T, options ...Option) (*Client, *daemon) {
	t.Helper()
	signer := newDaemon(t, newKeystore(t))
	return clientOf(t, options, signer.socket), signer
}
