package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// runner is a job of GitHub Actions: its variables and its folder.
type runner struct {
	dir string
	env []string
}

func newRunner(t *testing.T, relay string) runner {
	dir := t.TempDir()
	return runner{dir, append(os.Environ(),
		"TALLOW_CODE=", "XDG_STATE_HOME="+dir+"/.state", "XDG_CONFIG_HOME="+dir+"/.config", "GORACE=atexit_sleep_ms=0", "RUNNER_TEMP="+dir,
		"GITHUB_PATH="+dir+"/path", "GITHUB_OUTPUT="+dir+"/output",
		"GITHUB_REPOSITORY=group/app", "GITHUB_RUN_ID=17", "GITHUB_RUN_ATTEMPT=1",
		"INPUT_RELAY="+relay, "INPUT_TIMEOUT=5m", "INPUT_NAME=artifact")}
}

// run runs a script of the action with more variables.
func (r runner) run(t *testing.T, script string, env ...string) (output string, exit int) {
	path, err := filepath.Abs("../../scripts/action/" + script)
	if err != nil {
		t.Error(err)
		return "", -1
	}
	cmd := exec.CommandContext(t.Context(), "bash", path)
	cmd.Dir = r.dir
	cmd.Env = append(r.env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Error(err)
		return string(out), -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (r runner) outputs(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		all[name] = value
	}
	return all
}

func needBash(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no bash")
	}
}

// Two jobs with one secret: one sends, the other receives, and the code is in no log
// but where it is masked.
func TestActionTransfers(t *testing.T) {
	needBash(t)
	relay := startRelay(t)
	secret := "INPUT_SECRET=" + strings.Repeat("0123456789abcdef", 4)
	build, deploy := newRunner(t, relay), newRunner(t, relay)
	write(t, build.dir, "dist/app", "dist/lib/my data", "notes.txt")
	type ended struct {
		log  string
		exit int
	}
	sent := make(chan ended, 1)
	go func() {
		log, exit := build.run(t, "run", "INPUT_MODE=send", "INPUT_PATH=dist\nnotes.txt\n", secret, "INPUT_FLAGS=--limit-rate=100M\n--wait=5m")
		sent <- ended{log, exit}
	}()
	log, exit := deploy.run(t, "run", "INPUT_MODE=receive", "INPUT_PATH=in coming", secret)
	if exit != 0 {
		t.Errorf("the receiver ended with %d:\n%s", exit, log)
	}
	sender := <-sent
	if sender.exit != 0 {
		t.Errorf("the sender ended with %d:\n%s", sender.exit, sender.log)
	}
	for _, name := range []string{"dist/app", "dist/lib/my data", "notes.txt"} {
		sameFile(t, filepath.Join(deploy.dir, "in coming", name), filepath.Join(build.dir, name))
	}
	for _, r := range []runner{build, deploy} {
		out := r.outputs(t)
		if out["exit-code"] != "0" || out["files"] != "3" || out["bytes"] == "" || out["seconds"] == "" || out["reason"] != "" {
			t.Errorf("outputs %v", out)
		}
	}
	for _, log := range []string{sender.log, log} {
		code := regexp.MustCompile(`(?m)^::add-mask::([1-9][0-9]{8}-[a-z]+-[a-z]+-[a-z]+)$`).FindStringSubmatch(log)
		if code == nil || strings.Count(log, code[1]) != 1 {
			t.Errorf("the code is not masked, or is there again:\n%s", log)
		}
	}
}

// What goes wrong has an exit code, a reason and words.
func TestActionFails(t *testing.T) {
	needBash(t)
	relay := startRelay(t)
	code := "INPUT_CODE=123456789-acid-acorn-acre"
	for _, tt := range []struct {
		name   string
		env    []string
		exit   int
		reason string
		words  string
	}{
		{"no relay", []string{"INPUT_MODE=send", "INPUT_PATH=a", "INPUT_RELAY=127.0.0.1:1", code}, 5, "relay-unreachable", "::error title=tallow send::cannot reach the relay 127.0.0.1:1: "},
		{"a weak code", []string{"INPUT_MODE=send", "INPUT_PATH=a", "INPUT_CODE=1-acid-acorn"}, 3, "code-weak", "too easy to guess"},
		{"no such path", []string{"INPUT_MODE=send", "INPUT_PATH=nowhere", code}, 2, "path-missing", "there is no nowhere"},
		{"no flag", []string{"INPUT_MODE=send", "INPUT_PATH=a", code, "INPUT_FLAGS=--nosuch"}, 2, "", "there is no flag --nosuch"},
		{"no mode", []string{"INPUT_MODE=fetch", code}, 2, "-", "mode is send or receive"},
		{"no code", []string{"INPUT_MODE=send"}, 2, "-", "a secret from which both sides compute it"},
		{"both", []string{"INPUT_MODE=send", code, "INPUT_SECRET=x"}, 2, "-", "not both"},
		{"a short secret", []string{"INPUT_MODE=send", "INPUT_SECRET=x"}, 2, "-", "too short"},
		{"two folders", []string{"INPUT_MODE=receive", code, "INPUT_PATH=a\nb"}, 2, "-", "one folder"},
		{"no script in a name", []string{"INPUT_MODE=send", code, "INPUT_PATH=$(touch pwned)"}, 2, "path-missing", "there is no $(touch pwned)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, relay)
			write(t, r.dir, "a")
			log, exit := r.run(t, "run", tt.env...)
			if exit != tt.exit || !strings.Contains(log, tt.words) {
				t.Errorf("exit code %d, want %d; %q not in:\n%s", exit, tt.exit, tt.words, log)
			}
			if tt.reason != "-" {
				if out := r.outputs(t); out["reason"] != tt.reason || out["exit-code"] != fmt.Sprint(tt.exit) {
					t.Errorf("outputs %v", out)
				}
			}
			if _, err := os.Stat(filepath.Join(r.dir, "pwned")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}
