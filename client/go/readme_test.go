// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program of README.md, in a module of its own that takes this one as the page says.
func TestTheProgramOfTheReadmeSigns(t *testing.T) {
	_, signer := served(t)
	page := read(t, "client", "go", "README.md")
	_, program, _ := strings.Cut(page, "```go\n")
	program, _, _ = strings.Cut(program, "```\n")
	_, edit, _ := strings.Cut(page, "    go mod edit ")
	edit, _, _ = strings.Cut(edit, "\n")
	wd, err := os.Getwd()
	wantNone(t, err)
	directory := t.TempDir()
	here := filepath.Join(directory, "client") // a path with a space would have to be quoted
	wantNone(t, os.Symlink(wd, here))
	wantNone(t, os.WriteFile(filepath.Join(directory, "main.go"), []byte(program), 0o600))
	run := func(arguments ...string) string {
		command := exec.Command("go", arguments...)
		command.Dir = directory
		command.Env = append(os.Environ(), "SIGNER_SOCKET="+signer.Socket)
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v: %s", arguments, err, output)
		}
		return strings.TrimSpace(string(output))
	}
	run("mod", "init", "example.com/program")
	run(append([]string{"mod", "edit"}, strings.Fields(strings.ReplaceAll(edit, "/path/to/signer/client/go", here))...)...)
	signature, err := hex.DecodeString(run("run", "."))
	wantNone(t, err)
	wantEqual(t, signature[0], 0x30)
}
