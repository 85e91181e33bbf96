package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A receiver that is killed while it asks has nothing of the transfer on its disk.
// The same code works all the same, while the sender waits: through a relay and
// without one, at both questions, to a folder and to standard output.
func TestKilledAtAQuestion(t *testing.T) {
	for name, tt := range map[string]struct {
		send, receive []string
		asks          string
		stdout        bool
	}{
		"a relay":                {asks: "Accept?"},
		"this network":           {send: []string{"--relay="}, receive: []string{"--relay="}, asks: "Accept?"},
		"the verification words": {send: []string{"--verify"}, receive: []string{"--verify"}, asks: "see the same?"},
		"standard output":        {receive: []string{"-o", "-"}, asks: "Accept?", stdout: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
			t.Setenv("TALLOW_RELAY", startSlowRelay(t, dir))
			if err := os.WriteFile(filepath.Join(dir, "small"), []byte("small"), 0o600); err != nil {
				t.Fatal(err)
			}
			sender := newPTY(t)
			send := command(t, dir, "code.txt", sender, append(append([]string{"send"}, tt.send...), "small")...)
			code, err := firstLine(filepath.Join(dir, "code.txt"))
			if err != nil {
				t.Fatal(err)
			}
			receive := append(append([]string{"receive", "-o", "got"}, tt.receive...), code)
			first := newPTY(t)
			killed := command(t, dir, "first.txt", first, receive...)
			first.await(t, tt.asks)
			if err := killed.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = killed.Wait()

			second := newPTY(t)
			again := command(t, dir, "second.txt", second, receive...)
			if tt.asks != "Accept?" {
				second.await(t, tt.asks)
				second.write(t, "y\n")
				awaitQuestion(t, sender, verificationWords(t, second.text()), tt.asks)
				sender.write(t, "y\n")
			}
			second.await(t, "Accept?")
			second.write(t, "y\n")
			if err := again.Wait(); err != nil {
				t.Fatalf("%v: %s", err, second.text())
			}
			if err := send.Wait(); err != nil {
				t.Fatalf("the sender: %v: %s", err, sender.text())
			}
			got := filepath.Join(dir, "got")
			if tt.stdout {
				got = filepath.Join(dir, "second.txt")
			}
			if b, err := os.ReadFile(got); string(b) != "small" {
				t.Errorf("received %q, %v", b, err)
			}
			if left, err := os.ReadDir(filepath.Join(dir, "state", "tallow", "meetings")); err != nil || len(left) > 0 {
				t.Errorf("%d meetings are left, %v", len(left), err)
			}
		})
	}
}

// verificationWords returns the last verification words that a terminal has shown.
func verificationWords(t *testing.T, shown string) string {
	t.Helper()
	const before = "Verification words:"
	at := strings.LastIndex(shown, before)
	if at < 0 {
		t.Fatalf("no words in %q", shown)
	}
	words, _, _ := strings.Cut(shown[at+len(before):], "\r\n")
	return strings.TrimSpace(words)
}

// awaitQuestion waits until a terminal has shown words and then a question. A question
// about other words may have come before.
func awaitQuestion(t *testing.T, p *pty, words, question string) {
	t.Helper()
	if err := poll(func() error {
		if _, after, ok := strings.Cut(p.text(), words); !ok || !strings.Contains(after, question) {
			return fmt.Errorf("%q and then %q are not shown in %q", words, question, p.text())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
