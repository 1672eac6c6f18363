// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAnErrorIsItsReasonAndItsStatus(t *testing.T) {
	answer := response{status: StatusResourceExhausted, reason: "OVERLOADED", message: "busy", retryAfterMS: 250}
	err := fmt.Errorf("issuing: %w", answer.refusal())
	if !errors.Is(err, ReasonOverloaded) || !errors.Is(err, StatusResourceExhausted) {
		t.Error("it is not", err)
	}
	if errors.Is(err, ReasonRateLimited) || errors.Is(err, StatusUnavailable) {
		t.Error("it is another", err)
	}
	var problem *Error
	wantEqual(t, errors.As(err, &problem), true)
	wantEqual(t, problem.RetryAfter, 250*time.Millisecond)
	wantEqual(t, err.Error(), "issuing: signer: RESOURCE_EXHAUSTED: OVERLOADED: busy")
}

func TestWhatTheWireSaysIsCutAndOfOneLine(t *testing.T) {
	long := strings.Repeat("é", 300)
	answer := response{status: StatusNotFound, reason: strings.Repeat("R", 40), message: "a\nb\x1b[31m\u009b" + long}
	refusal := answer.refusal()
	wantEqual(t, len(refusal.Reason), reasonMax)
	wantEqual(t, strings.HasPrefix(refusal.Message, "a b [31m é"), true)
	if len(refusal.Message) > messageMax || !utf8.ValidString(refusal.Message) {
		t.Errorf("%d bytes: %s", len(refusal.Message), refusal.Message)
	}
}

func TestAFieldThatTheSignerDoesNotKnowSaysToUpdateIt(t *testing.T) {
	answer := response{status: StatusInvalidArgument, reason: "UNKNOWN_FIELD", message: "field 7"}
	wantError(t, answer.refusal(), StatusInvalidArgument, ReasonUnknownField, "field 7", "older than this client")
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{source()}, parts...)...))
	wantNone(t, err)
	return string(data)
}

func TestEveryReasonOfTheProtocolsPageHasAName(t *testing.T) {
	page := read(t, "proto", "PROTOCOL.md")
	_, table, _ := strings.Cut(page, "### Statuses and reasons")
	table, _, _ = strings.Cut(table, "## Operations")
	named := read(t, "client", "go", "reasons.go")
	found := regexp.MustCompile("`([A-Z][A-Z_]+)`").FindAllStringSubmatch(table, -1)
	for _, match := range found {
		if !strings.Contains(named, `"`+match[1]+`"`) {
			t.Errorf("reasons.go has no %s", match[1])
		}
	}
	if len(found) < 50 {
		t.Errorf("%d reasons were understood", len(found))
	}
}

func TestTheEnumerationsAreThoseOfTheProtocol(t *testing.T) {
	definition := read(t, "proto", "signer.proto")
	names := map[string]func(uint32) string{
		"STATE":  func(n uint32) string { return State(n).String() },
		"STATUS": func(n uint32) string { return Status(n).String() },
		"SCHEME": func(n uint32) string { return Scheme(n).String() },
		"HASH":   func(n uint32) string { return Hash(n).String() },
	}
	entry := regexp.MustCompile(`(?m)^  (STATE|STATUS|SCHEME|HASH)_([A-Z0-9_]+) = ([0-9]+);`)
	count := 0
	for _, match := range entry.FindAllStringSubmatch(definition, -1) {
		number, known := parseNumber(match[3], 0, 99)
		wantEqual(t, known, true)
		wanted := match[2]
		if match[1] == "HASH" && number == 0 {
			wanted = "NONE"
		}
		wantEqual(t, names[match[1]](uint32(number)), wanted)
		count++
	}
	wantEqual(t, count, 25)
}
