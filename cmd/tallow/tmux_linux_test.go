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

// So does a board, with a line for each of several devices: it is there once, whatever the
// size of the terminal, also after Ctrl-Z, and the keys are for all of them.
func TestBoardInATerminal(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux")
	}
	dir := t.TempDir()
	t.Setenv("TALLOW_KEYRING", "off")
	relay := startSlowRelay(t, dir)
	for _, name := range []string{"phone", "tower", "away"} {
		t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "laptop"))
		invites := command(t, dir, name+".code", nil, "devices", "pair", "--relay", relay, "--name", name)
		code, err := firstLine(filepath.Join(dir, name+".code"))
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "of-"+name))
		if err := command(t, dir, name+".paired", nil, "devices", "pair", "--relay", relay, "--name", "laptop", code).Wait(); err != nil {
			t.Fatal(err)
		}
		if err := invites.Wait(); err != nil {
			t.Fatal(err)
		}
		if name != "away" {
			command(t, dir, name+".json", nil, "receive", "--listen", "--json", "-y", "-o", "got-"+name+"/")
			awaitFile(t, filepath.Join(dir, name+".json"), `"event":"listens"`)
		}
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "laptop"))
	tmux := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("tmux", append([]string{"-f", "/dev/null", "-S", filepath.Join(dir, "tmux")}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0", "PS1=$ ")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v: %s", args, err, out)
		}
		return string(out)
	}
	tmux("new-session", "-d", "-x", "100", "-y", "24", "-c", dir, "bash --norc --noprofile")
	t.Cleanup(func() { tmux("kill-server") })
	tmux("set", "-g", "window-size", "manual")
	tmux("send-keys", "seq 40; tallow send --lanes relay --to tower,phone,away big", "Enter")
	shows := func(what string, good func(lines map[string][]string) bool, keys ...string) {
		t.Helper()
		if err := poll(func() error {
			for _, key := range keys {
				tmux("send-keys", key)
			}
			screen := tmux("capture-pane", "-p", "-J", "-S", "-")
			lines := make(map[string][]string) // by their first words
			for line := range strings.Lines(screen) {
				line = strings.TrimRight(line, " \n")
				first, _, _ := strings.Cut(line, " ")
				lines[first] = append(lines[first], line)
			}
			if !good(lines) {
				return fmt.Errorf("%s: %s", what, screen)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	once := func(lines map[string][]string, columns int, in map[string]string) bool {
		for name, text := range in {
			if len(lines[name]) != 1 || cells(lines[name][0]) >= columns || !strings.Contains(lines[name][0], text) {
				return false
			}
		}
		return true
	}
	shows("they send", func(lines map[string][]string) bool {
		return once(lines, 100, map[string]string{"tower": "%", "phone": "%", "away": "waiting for tallow receive --listen", "p": "p pause, q quit"})
	})
	shows("both are paused", func(lines map[string][]string) bool {
		return once(lines, 100, map[string]string{"tower": "paused", "phone": "paused", "paused": "r resume, q quit"})
	}, "p")
	for _, size := range [][2]int{{100, 24}, {60, 24}, {35, 20}, {100, 10}, {24, 24}, {90, 24}, {20, 24}, {80, 24}} {
		tmux("resize-window", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]))
		shows(fmt.Sprint(size), func(lines map[string][]string) bool {
			return once(lines, size[0], map[string]string{"tower": "", "phone": "", "away": "waiting", "paused": ""}) && len(lines["p"]) == 0
		})
	}
	tmux("send-keys", "C-z")
	shows("it is stopped", func(lines map[string][]string) bool {
		return len(lines["tower"])+len(lines["phone"])+len(lines["away"]) == 0 && len(lines["[1]+"]) == 1
	})
	tmux("send-keys", "fg", "Enter")
	shows("it goes on", func(lines map[string][]string) bool {
		return once(lines, 80, map[string]string{"tower": "paused", "phone": "paused", "away": "waiting", "paused": ""})
	})
	shows("all are ended", func(lines map[string][]string) bool {
		return once(lines, 80, map[string]string{"tower": "interrupted", "phone": "interrupted", "away": "interrupted", "tallow:": "interrupted"})
	}, "q")
	tmux("send-keys", "C-u") // what was typed too often
	tmux("send-keys", "echo exit=$?", "Enter")
	shows("its exit code", func(lines map[string][]string) bool { return len(lines["exit=130"]) == 1 })
}
