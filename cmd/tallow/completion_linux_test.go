package main

import (
	"os"
	"path/filepath"
	"testing"
)

// bash completes without the bash-completion package.
func TestBashCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one file.txt", "another:file.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := startShell(t, dir)
	s.run(t, "source <(tallow completion bash)")
	for _, tc := range []struct{ typed, shown string }{
		{"tallow sen\t", "send "},
		{"tallow receive 7-acid-acor\t", "7-acid-acorn"},
		{"tallow receive --on-conflict ov\t", "overwrite "},
		{"tallow receive --on-conflict=ov\t", "--on-conflict=overwrite "},
		{"tallow receive --on-conflict \t\t", "fail"},
		{"tallow send --lanes tcp,rel\t", `\,relay `},
		{"tallow send one\t", `one\ file.txt `},
		{"tallow send -q one\t", `one\ file.txt `},
		{"tallow receive -o an\t", `another\:file.txt `},
	} {
		from := len(s.text())
		s.write(t, tc.typed)
		s.awaitMore(t, from, tc.shown)
		s.write(t, "\x15") // take the line back
	}
	if got := s.run(t, "true"); got == "" {
		t.Error("the shell shows nothing")
	}
}
