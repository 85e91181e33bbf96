package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func TestExitCodes(t *testing.T) {
	for kind, want := range map[tallow.ErrorKind]int{
		tallow.KindInternal: 1, tallow.KindUsage: 2, tallow.KindCode: 3, tallow.KindDeclined: 4, tallow.KindNetwork: 5,
		tallow.KindPartial: 6, tallow.KindIO: 7, tallow.KindIntegrity: 8, tallow.KindInterrupted: 130, "later": 1,
	} {
		if got := exitCode(kind); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

func TestExit(t *testing.T) {
	hostile := &tallow.Error{Kind: tallow.KindDeclined, Reason: tallow.ReasonPeerDeclined, Sending: true, Detail: "\x1b[2J\u202eno\n"}
	own := &failure{kind: tallow.KindDeclined, message: "no: \x1b[2J\u202eno\n", hint: "Ask\ragain."}
	for _, tc := range []struct {
		name           string
		json, toStderr bool
		err            error
		code           int
		stdout, stderr string
	}{
		{"success", false, false, nil, 0, "", ""},
		{"people", false, false, hostile, 4, "", "tallow: the receiver declined: [2Jno\n"},
		{"people, of the command", false, false, own, 4, "", "tallow: no: [2Jno\nAskagain.\n"},
		{"no hint", false, false, &failure{kind: tallow.KindIO, message: "full"}, 7, "", "tallow: full\n"},
		{"wrapped", false, false, fmt.Errorf("x: %w", hostile), 4, "", "tallow: the receiver declined: [2Jno\n"},
		{"a parser's", false, false, errors.New("bad"), 2, "", "tallow: bad\nSee tallow --help.\n"},
		{"programs", true, false, tallowError(), 5, `{"event":"error","kind":"network","reason":"relay-rate","message":"too many attempts at the relay r","hint":"Wait 2s and try again."}` + "\n", ""},
		{"payload on stdout", true, true, tallowError(), 5, "", `{"event":"error","kind":"network","reason":"relay-rate","message":"too many attempts at the relay r","hint":"Wait 2s and try again."}` + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &program{stdout: file(t), stderr: file(t), json: tc.json, eventsToStderr: tc.toStderr}
			if code := p.exit(tc.err); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if got := content(t, p.stdout); got != tc.stdout {
				t.Errorf("stdout %q, want %q", got, tc.stdout)
			}
			if got := content(t, p.stderr); got != tc.stderr {
				t.Errorf("stderr %q, want %q", got, tc.stderr)
			}
		})
	}
}

func tallowError() error {
	return &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonRelayRate, Relay: "r", RetryAfter: 2 * time.Second}
}

func file(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), filepath.Base(t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
