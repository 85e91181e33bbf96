package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// In a real terminal that becomes narrower and wider again, the progress stays one
// line, and leaves nothing behind, not even above the screen. It shows the half that the
// receiver had.
func TestTerminalIsResized(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux")
	}
	dir := t.TempDir()
	relay := startSlowRelay(t, dir)
	tmux := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("tmux", append([]string{"-f", "/dev/null", "-S", filepath.Join(dir, "tmux")}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v: %s", args, err, out)
		}
		return string(out)
	}
	// The screen is full, as it is after a while. Of one that is not, tmux moves lines
	// into its history when it becomes narrower, where no program can erase them.
	tmux("new-session", "-d", "-x", "100", "-y", "20", "-c", dir, "seq 40; tallow send --lanes relay --relay "+relay+" big; sleep 100")
	t.Cleanup(func() { tmux("kill-server") })
	tmux("set", "-g", "window-size", "manual")
	var code string
	if err := poll(func() error {
		screen := tmux("capture-pane", "-p")
		_, rest, ok := strings.Cut(screen, "Code: ")
		code, _, _ = strings.Cut(rest, "\n")
		if !ok || code == "" {
			return fmt.Errorf("no code: %s", screen)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	half, err := os.ReadFile(filepath.Join(dir, "big"))
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "got"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "got", "big"), half[:len(half)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	command(t, dir, "receive.json", nil, "receive", "--json", "-y", "--on-conflict", "overwrite", "-o", "got", code)
	awaitFile(t, filepath.Join(dir, "receive.json"), `"event":"progress"`)
	if err := poll(func() error { // a pause keeps the transfer from ending
		tmux("send-keys", "p")
		if screen := tmux("capture-pane", "-p"); !strings.Contains(screen, "paused") {
			return fmt.Errorf("no pause: %s", screen)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	bars := map[int]string{20: "", 24: "", 35: "", 60: "[###", 80: "[###", 90: "[###", 100: "[#####"}
	for _, columns := range []int{100, 60, 35, 100, 24, 90, 20, 80} {
		tmux("resize-window", "-x", fmt.Sprint(columns), "-y", "20")
		if err := poll(func() error {
			var lines []string
			for line := range strings.Lines(tmux("capture-pane", "-p", "-J", "-S", "-")) {
				if strings.Contains(line, "% ") {
					lines = append(lines, strings.TrimRight(line, " \n"))
				}
			}
			if len(lines) != 1 || cells(lines[0]) >= columns || columns >= 80 && !strings.HasSuffix(lines[0], "q quit") {
				return fmt.Errorf("%d columns: %q", columns, lines)
			}
			if bar := bars[columns]; !strings.Contains(lines[0], bar) || strings.Count(lines[0], "#") != strings.Count(bar, "#") {
				return fmt.Errorf("%d columns: the half that was there is not %q: %q", columns, bar, lines)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
