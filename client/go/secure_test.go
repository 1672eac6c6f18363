// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// vectorOf writes a file of the words of the auxiliary vector.
func vectorOf(t *testing.T, words ...uint64) string {
	t.Helper()
	var bytes []byte
	for _, word := range words {
		if strconv.IntSize == 32 {
			bytes = binary.NativeEndian.AppendUint32(bytes, uint32(word))
		} else {
			bytes = binary.NativeEndian.AppendUint64(bytes, word)
		}
	}
	path := filepath.Join(t.TempDir(), "auxv")
	wantNone(t, os.WriteFile(path, bytes, 0o600))
	return path
}

func TestWhatDoesNotSayThatTheExecutionIsNotSecureCountsAsSecure(t *testing.T) {
	wantEqual(t, isSecureExecution("/proc/self/auxv"), false)
	wantEqual(t, isSecureExecution(vectorOf(t, 6, 4096, 23, 0, 0, 0)), false)
	for rule, path := range map[string]string{
		"it says so":              vectorOf(t, 6, 4096, 23, 1, 0, 0),
		"it cannot be read":       filepath.Join(t.TempDir(), "nothing"),
		"it is empty":             vectorOf(t),
		"it does not say":         vectorOf(t, 6, 4096, 0, 0),
		"it is cut where it does": vectorOf(t, 6, 4096, 23),
	} {
		if !isSecureExecution(path) {
			t.Error(rule)
		}
	}
}

const capableName = "SIGNER_TEST_CAPABLE"

// TestOfACapableProgram is what the next test runs with capabilities.
func TestOfACapableProgram(t *testing.T) {
	if os.Getenv(capableName) == "" {
		t.Skip("is run by another test")
	}
	if _, err := os.ReadFile("/proc/self/auxv"); err == nil {
		t.Skip("no capabilities here")
	}
	s, err := readSettings(nil)
	wantNone(t, err)
	wantEqual(t, strings.Join(s.paths, ":"), usualSocket)
	wantEqual(t, s.timeout, usualTimeout)
	wantEqual(t, s.expectsUID, false)
}

func TestAProgramWithFileCapabilitiesIgnoresTheVariables(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a file capabilities")
	}
	own, err := os.Executable()
	wantNone(t, err)
	content, err := os.ReadFile(own)
	wantNone(t, err)
	directory := openDirectory(t)
	program := filepath.Join(directory, "capable")
	wantNone(t, os.WriteFile(program, content, 0o755))
	wantNone(t, os.Chmod(program, 0o755))
	const version2Effective, bindService = 0x02000001, 1 << 10
	var capabilities []byte // struct vfs_cap_data of capabilities(7)
	for _, word := range []uint32{version2Effective, bindService, 0, 0, 0} {
		capabilities = binary.LittleEndian.AppendUint32(capabilities, word)
	}
	if err := syscall.Setxattr(program, "security.capability", capabilities, 0); err != nil {
		t.Skip("no file capabilities here: ", err)
	}
	command := exec.Command(program, "-test.v", "-test.run=^TestOfACapableProgram$")
	command.Dir = "/"
	command.Env = []string{capableName + "=1", "SIGNER_SOCKET=/tmp/x", "SIGNER_TIMEOUT=1", "SIGNER_EXPECT_UID=7"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 31001, Gid: 31001}}
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if !strings.Contains(string(output), "--- PASS") {
		t.Skip("no file capabilities here: ", string(output))
	}
}
