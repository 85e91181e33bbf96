package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A password that is typed is not shown, and the terminal shows again what is typed
// after it, also after Ctrl-C.
func TestTypedSecretIsNotShown(t *testing.T) {
	dir := t.TempDir()
	s := startShell(t, dir, "--noediting")
	s.run(t, "export TALLOW_CONFIG=kept.toml")
	s.run(t, "stty -g > before")
	for _, tc := range []struct{ typed, shown string }{{"opensesame\n", "relay-password: \r\n"}, {"\x03", "tallow: interrupted"}} {
		from := len(s.text())
		s.write(t, "tallow config set relay-password -\n")
		s.awaitMore(t, from, "relay-password: ")
		s.write(t, tc.typed)
		s.awaitMore(t, from, tc.shown)
		if shown := s.run(t, "stty -g | cmp - before && echo same-$((1+1))"); !strings.Contains(shown, "same-2") {
			t.Errorf("the terminal is not as it was: %q", shown)
		}
	}
	if strings.Contains(s.text(), "opensesame") {
		t.Errorf("the password is shown: %q", s.text())
	}
	got, err := os.ReadFile(filepath.Join(dir, "kept.toml"))
	if err != nil || string(got) != "relay-password = 'opensesame'\n" {
		t.Errorf("%q, %v", got, err)
	}
}
