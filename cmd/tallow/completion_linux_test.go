package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// zsh completes, and so shows what a word may become.
func TestZshCompletion(t *testing.T) {
	s := startInteractive(t, t.TempDir(), "zsh", "-f", "-i")
	s.run(t, "unsetopt zle_bracketed_paste prompt_sp; PS1= TERM=dumb; autoload -Uz compinit && compinit -D -u && source <(tallow completion zsh)")
	for _, tc := range []struct{ typed, shown string }{
		{"tallow sen\t", "send"},
		{"tallow receive 7-acid-acor\t", "7-acid-acorn"},
		{"tallow receive --on-conflict ov\t", "overwrite"},
		{"tallow history --state \t", "interrupted"},
	} {
		from := len(s.text())
		s.write(t, tc.typed)
		s.awaitMore(t, from, tc.shown)
		s.write(t, "\x15") // take the line back
	}
}

// fish completes with the description of each word.
func TestFishCompletion(t *testing.T) {
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("there is no fish")
	}
	for typed, want := range map[string]string{
		"tallow sen":                      "send\tSend files and folders",
		"tallow receive 7-acid-acor":      "7-acid-acorn",
		"tallow receive --on-conflict ov": "overwrite",
		"tallow send --lanes tcp,rel":     "tcp,relay",
	} {
		cmd := exec.CommandContext(t.Context(), fish, "--no-config", "--private", "-c", "tallow completion fish | source; complete -C '"+typed+"'")
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_DATA_HOME="+cmd.Dir, "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%q: %q, %v; want %q", typed, out, err, want)
		}
	}
}
