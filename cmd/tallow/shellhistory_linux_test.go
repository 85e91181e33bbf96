package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A code that is typed at the prompt is in no history of the shell, where the command
// is.
func TestTypedCodeIsInNoHistory(t *testing.T) {
	dir := t.TempDir()
	s := startShell(t, dir)
	s.run(t, "HISTFILE=$PWD/history; set -o history; export TALLOW_RELAY=ws://127.0.0.1:1 XDG_STATE_HOME=$PWD")
	s.write(t, "tallow receive -y\n")
	s.await(t, "Code: ")
	s.write(t, "7-acid-acorn-acro\t")
	s.await(t, "acrobat-")
	s.write(t, "\x7f\r")
	s.await(t, "cannot reach the relay")
	s.run(t, "history -w")
	b, err := os.ReadFile(filepath.Join(dir, "history"))
	if err != nil {
		t.Fatal(err)
	}
	if history := string(b); !strings.Contains(history, "tallow receive -y") || strings.Contains(history, "acid") {
		t.Errorf("the history is %q", history)
	}
}
