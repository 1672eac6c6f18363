// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func complete(environment map[string]string, options ...Option) (*settings, error) {
	s := &settings{}
	for _, option := range options {
		option(s)
	}
	s.complete(environment)
	return s, s.err
}

func TestTheEnvironmentStandsInForOptionsAndDefaultsForBoth(t *testing.T) {
	environment := map[string]string{"SIGNER_SOCKET": "/a:b", "SIGNER_TIMEOUT": "1500", "SIGNER_EXPECT_UID": "7"}
	s, err := complete(environment)
	wantNone(t, err)
	wantEqual(t, slices.Equal(s.paths, []string{"/a", "b"}), true)
	wantEqual(t, s.timeout, 1500*time.Millisecond)
	wantEqual(t, s.expectsUID && s.expectUID == 7, true)

	s, err = complete(environment, WithSockets("/c"), WithTimeout(time.Second), WithExpectUID(0))
	wantNone(t, err)
	wantEqual(t, slices.Equal(s.paths, []string{"/c"}), true)
	wantEqual(t, s.timeout, time.Second)
	wantEqual(t, s.expectsUID && s.expectUID == 0, true)

	s, err = complete(nil)
	wantNone(t, err)
	wantEqual(t, slices.Equal(s.paths, []string{"/run/signer/signer.sock"}), true)
	wantEqual(t, s.timeout, 30*time.Second)
	wantEqual(t, s.expectsUID, false)
}

func TestAVariableThatCannotBeMeantIsRefusedByItsName(t *testing.T) {
	nine := strings.Repeat("/s:", 8) + "/s"
	for variable, texts := range map[string][]string{
		"SIGNER_SOCKET":     {":", "/a:", "/a:/a", nine, "/" + strings.Repeat("x", 107), "/a\x00"},
		"SIGNER_TIMEOUT":    {"0", "-1", "+1", "01", " 1", "1s", "1e3", "86400001", "99999999999999999999"},
		"SIGNER_EXPECT_UID": {"-1", "00", "root", "4294967295", "0x1"},
	} {
		for _, text := range texts {
			_, err := complete(map[string]string{variable: text})
			wantError(t, err, StatusInvalidArgument, ReasonArgument, variable)
		}
	}
}

func TestAnOptionThatCannotBeMeantIsRefused(t *testing.T) {
	for _, option := range []Option{WithSockets(), WithSockets(""), WithSockets("/a", "/a"), WithTimeout(0),
		WithTimeout(-time.Second), WithTimeout(25 * time.Hour), WithExpectUID(1<<32 - 1)} {
		_, err := New(option, WithSockets("/a"), WithTimeout(time.Second), WithExpectUID(1))
		wantError(t, err, StatusInvalidArgument, ReasonArgument)
	}
	_, err := New(WithSockets("/a:b")) // only the environment's list is in one text
	wantNone(t, err)
}

func TestNewReadsTheEnvironment(t *testing.T) {
	t.Setenv("SIGNER_SOCKET", "/a:/b")
	t.Setenv("SIGNER_TIMEOUT", "")
	client, err := New()
	wantNone(t, err)
	wantEqual(t, len(client.settings.paths), 2)
	wantEqual(t, client.settings.timeout, usualTimeout)
}
