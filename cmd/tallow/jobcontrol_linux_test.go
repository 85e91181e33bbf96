package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// shell is a shell, such as bash with job control, at a terminal.
type shell struct {
	*pty
	dir string
	pid int
	ran int
}

func startShell(t *testing.T, dir string, options ...string) *shell {
	t.Helper()
	return startInteractive(t, dir, "bash", append(append([]string{"--norc", "--noprofile"}, options...), "-i")...)
}

// startInteractive starts a shell in a folder, at a terminal.
func startInteractive(t *testing.T, dir, name string, args ...string) *shell {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s", name)
	}
	s := &shell{pty: newPTY(t), dir: dir}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GORACE=atexit_sleep_ms=0", "PS1=", "LC_ALL=C")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.tty, s.tty, s.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return s
}

// awaitShell waits until the shell has the terminal: what is typed before that is read
// by the program that had it, which may be about to end.
func (s *shell) awaitShell(t *testing.T) {
	t.Helper()
	conn, err := s.keys.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := poll(func() (err error) {
		ours := conn.Control(func(fd uintptr) {
			var group int
			if group, err = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP); err == nil && group != s.pid {
				err = fmt.Errorf("the process group %d has the terminal, not the shell", group)
			}
		})
		return errors.Join(ours, err)
	}); err != nil {
		t.Fatal(err)
	}
}

// run has the shell run a line and returns what the terminal showed meanwhile.
func (s *shell) run(t *testing.T, line string) string {
	t.Helper()
	s.awaitShell(t)
	s.ran++
	done := fmt.Sprintf("ran=%d.", s.ran)
	before := len(s.text())
	s.write(t, line+"; echo ran=$(("+fmt.Sprint(s.ran)+")).\n")
	s.await(t, done)
	shown := s.text()[before:]
	return shown[:strings.Index(shown, done)]
}

// awaitMore waits until the terminal shows a text that it has not shown before.
func (s *shell) awaitMore(t *testing.T, from int, text string) {
	t.Helper()
	if err := poll(func() error {
		if shown := s.text()[from:]; !strings.Contains(shown, text) {
			return fmt.Errorf("%q does not show %q", shown, text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// awaitArrivals waits until more has arrived than now.
func awaitArrivals(t *testing.T, events string) {
	t.Helper()
	count := func() int {
		b, err := os.ReadFile(events)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), `"event":"progress"`)
	}
	before := count()
	if err := poll(func() error {
		if now := count(); now <= before+1 {
			return fmt.Errorf("nothing arrives: %d reports of progress", now)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Ctrl-Z, bg and fg behave as with any program: a stopped one leaves the terminal
// as the shell wants it, one in the background writes no progress and hears no
// key, and one in the foreground goes on where it was.
func TestJobControl(t *testing.T) {
	for _, tostop := range []string{"-tostop", "tostop"} { // with it, what writes in the background is stopped
		t.Run(tostop, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			relay := startSlowRelay(t, dir)
			s := startShell(t, dir, "--noediting")
			s.run(t, "stty "+tostop)
			s.run(t, "stty -g > before")
			s.write(t, "tallow send --lanes relay --relay "+relay+" big > code.txt\n")
			code, err := firstLine(filepath.Join(dir, "code.txt"))
			if err != nil {
				t.Fatal(err)
			}
			command(t, dir, "receive.json", nil, "receive", "--json", "-y", "-o", "got", code)
			receive := filepath.Join(dir, "receive.json")
			s.await(t, "p pause, q quit")
			awaitSingle(t, s.pty)

			s.write(t, "\x1a")
			s.await(t, "Stopped")
			if shown := s.run(t, "stty -g | cmp - before && echo same-$((1+1))"); !strings.Contains(shown, "same-2") {
				t.Errorf("a stopped program leaves another mode: %q", shown)
			}
			if shown := s.run(t, "jobs -s; kill -0 %1 && echo q-$((1+1))"); !strings.Contains(shown, "Stopped") || !strings.Contains(shown, "q-2") {
				t.Errorf("it is not stopped: %q", shown)
			}

			from := len(s.text())
			s.run(t, "bg")
			awaitArrivals(t, receive)
			s.run(t, "echo pqr")
			awaitArrivals(t, receive)
			if shown := s.run(t, "jobs -r"); !strings.Contains(shown, "Running") {
				t.Errorf("it does not run in the background: %q", shown)
			}
			if shown := s.text()[from:]; strings.Contains(shown, "MB of") {
				t.Errorf("there is progress in the background: %q", shown)
			}
			if shown := s.run(t, "stty -g | cmp - before && echo same-$((1+1))"); !strings.Contains(shown, "same-2") {
				t.Errorf("one in the background sets another mode: %q", shown)
			}
			if b, err := os.ReadFile(receive); err != nil || strings.Contains(string(b), `"state":"paused"`) {
				t.Errorf("a key for the shell was heard: %v", err)
			}

			from = len(s.text())
			s.write(t, "fg\n")
			s.awaitMore(t, from, "p pause, q quit")
			awaitSingle(t, s.pty)
			s.write(t, "p")
			awaitFile(t, receive, `"state":"paused"`)
			from = len(s.text())
			s.write(t, "\x1a") // while nothing moves
			s.awaitMore(t, from, "Stopped")
			from = len(s.text())
			s.write(t, "fg\n")
			s.awaitMore(t, from, "r resume, q quit")
			awaitSingle(t, s.pty)
			s.write(t, "q")
			s.await(t, "tallow: interrupted")
			if shown := s.run(t, "echo exit=$?"); !strings.Contains(shown, "exit=130") {
				t.Errorf("q ends it with %q", shown)
			}
			if shown := s.run(t, "stty -g | cmp - before && echo same-$((1+1))"); !strings.Contains(shown, "same-2") {
				t.Errorf("the terminal is not as it was: %q", shown)
			}
		})
	}
}

// Ctrl-Z works while a code is typed, too.
func TestCtrlZAtThePrompt(t *testing.T) {
	dir := t.TempDir()
	s := startShell(t, dir, "--noediting")
	s.run(t, "stty -g > before")
	s.write(t, "tallow receive\n")
	s.await(t, "Code: ")
	s.write(t, "7-aci\x1a")
	s.await(t, "Stopped")
	if shown := s.run(t, "stty -g | cmp - before && echo same-$((1+1))"); !strings.Contains(shown, "same-2") {
		t.Errorf("a stopped program leaves another mode: %q", shown)
	}
	from := len(s.text())
	s.write(t, "fg\n")
	s.awaitMore(t, from, "Code: 7-aci")
	s.write(t, "\t")
	s.awaitMore(t, from, "7-acid-")
	s.write(t, "\x03")
	s.awaitMore(t, from, "tallow: interrupted")
}
