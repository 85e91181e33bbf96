package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newTestKeyboard is a keyboard at a terminal; what is pressed comes out of the
// channel.
func newTestKeyboard(t *testing.T, p *pty) (*keyboard, <-chan byte) {
	pressed := make(chan byte, 16)
	k := &keyboard{in: p.tty, mode: &terminalMode{}, press: func(key byte) { pressed <- key }}
	t.Cleanup(k.close)
	return k, pressed
}

// awaitSingle waits until keys come one by one.
func awaitSingle(t *testing.T, p *pty) {
	t.Helper()
	if err := poll(func() error {
		if p.mode(t).Lflag&(unix.ICANON|unix.ECHO) != 0 {
			return fmt.Errorf("the terminal still gives whole lines")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// hears types a key until it is heard: one that comes together with others is
// not. Keys that it typed too often are p.
func hears(t *testing.T, p *pty, pressed <-chan byte, key byte) {
	t.Helper()
	if err := poll(func() error {
		p.write(t, string(key))
		patience := time.NewTimer(20 * time.Millisecond)
		defer patience.Stop()
		for {
			select {
			case got := <-pressed:
				if got == key {
					return nil
				}
				if got != 'p' {
					t.Fatalf("%q was heard", got)
				}
			case <-patience.C:
				return fmt.Errorf("%q is not heard", key)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestKeyboard(t *testing.T) {
	p := newPTY(t)
	before := p.mode(t)
	k, pressed := newTestKeyboard(t, p)
	if p.mode(t) != before {
		t.Error("the mode changes before there is anything to see")
	}
	k.begin()
	awaitSingle(t, p)
	if m := p.mode(t); m.Lflag&unix.ISIG == 0 || m.Oflag != before.Oflag {
		t.Error("Ctrl-C is no signal any more, or lines end differently")
	}
	p.write(t, "\x1b[15~") // a function key
	hears(t, p, pressed, 'p')
	k.pause()
	if p.mode(t) != before {
		t.Error("a question finds another mode")
	}
	p.write(t, "q\n")
	line := make([]byte, 10)
	if n, err := p.tty.Read(line); err != nil || string(line[:n]) != "q\n" {
		t.Errorf("the answer to a question: %q, %v", line[:n], err)
	}
	k.resume()
	awaitSingle(t, p)
	hears(t, p, pressed, 'r')
	k.close()
	k.begin() // too late
	if p.mode(t) != before {
		t.Error("the terminal is not as it was")
	}
}

// A program that ends at once leaves the terminal as it was, although keys are
// still listened to.
func TestTheTerminalIsLeft(t *testing.T) {
	p := newPTY(t)
	before := p.mode(t)
	var mode terminalMode
	fd := int(p.tty.Fd())
	mode.single(fd)
	single := p.mode(t)
	mode.leave()
	mode.single(fd)
	if single == before || p.mode(t) != before {
		t.Error("the terminal is not as it was")
	}
	mode.restore()
	mode.restore()
	if p.mode(t) != before {
		t.Error("the terminal is not as it was in the end")
	}
}

// awaitFile waits until a file has a pattern in it.
func awaitFile(t *testing.T, file, pattern string) {
	t.Helper()
	if err := poll(func() error {
		b, err := os.ReadFile(file)
		if err == nil && !regexp.MustCompile(pattern).Match(b) {
			err = fmt.Errorf("%s has no %s in it:\n%s", file, pattern, b)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// command starts the command in dir with stdout in a file of its own; what still
// runs at the end of the test is killed.
func command(t *testing.T, dir, stdout string, p *pty, args ...string) *exec.Cmd {
	t.Helper()
	out, err := os.Create(filepath.Join(dir, stdout))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("tallow", args...)
	cmd.Dir, cmd.Env, cmd.Stdout = dir, append(os.Environ(), "GORACE=atexit_sleep_ms=0"), out
	if p != nil {
		cmd.Stdin, cmd.Stderr = p.tty, p.tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState != nil {
			return
		}
		if t.Failed() && p != nil { // it may hang: its stacks say where
			_ = cmd.Process.Signal(syscall.SIGQUIT)
			ended := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			ended.Stop()
			t.Logf("%v still ran, and has shown:\n%s", args, p.text())
			return
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// startSlowRelay runs a relay through which the file "big" in dir takes a while,
// and returns its address.
func startSlowRelay(t *testing.T, dir string) string {
	t.Helper()
	big := make([]byte, 100_000_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(big) // compression makes nothing of it
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, dir, "relay.txt", nil, "relay", "--listen", "127.0.0.1:0", "--quiet", "--bytes-per-second", "5000000")
	relay, err := firstLine(filepath.Join(dir, "relay.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(relay, "listening on ")
}

// startSlowTransfer sends from a terminal to a receiver without one, whose events
// are in receive.json of dir.
func startSlowTransfer(t *testing.T, p *pty) (send *exec.Cmd, dir string) {
	t.Helper()
	dir = t.TempDir()
	send = command(t, dir, "code.txt", p, "send", "--lanes", "relay", "--relay", startSlowRelay(t, dir), "big")
	code, err := firstLine(filepath.Join(dir, "code.txt"))
	if err != nil {
		t.Fatal(err)
	}
	command(t, dir, "receive.json", nil, "receive", "--json", "-y", "-o", "got", code)
	return send, dir
}

// A person at a terminal sends, pauses, resumes and quits.
func TestKeysOfASender(t *testing.T) {
	// A signal that is ignored here, as under nohup, would be ignored by the command.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
	for _, end := range []struct {
		how  string
		keys string // typed, or else
		sig  syscall.Signal
		exit int
	}{
		{how: "q", keys: "q", exit: exitInterrupted},
		{how: "Ctrl-C", keys: "\x03", exit: exitInterrupted},
		{how: "SIGHUP", sig: syscall.SIGHUP, exit: exitInterrupted},
		{how: "SIGQUIT", sig: syscall.SIGQUIT, exit: 2},
	} {
		t.Run(end.how, func(t *testing.T) {
			t.Parallel()
			p := newPTY(t)
			before := p.mode(t)
			send, dir := startSlowTransfer(t, p)
			p.await(t, "p pause, q quit")
			awaitSingle(t, p)
			p.write(t, "p")
			p.await(t, "paused — r resume, q quit")
			awaitFile(t, filepath.Join(dir, "receive.json"), `"state":"paused"`)
			p.write(t, "r")
			awaitFile(t, filepath.Join(dir, "receive.json"), `(?s)"state":"paused".*"state":"transferring"`)
			if end.keys != "" {
				p.write(t, end.keys)
			} else if err := send.Process.Signal(end.sig); err != nil {
				t.Fatal(err)
			}
			_ = send.Wait()
			if code := send.ProcessState.ExitCode(); code != end.exit {
				t.Errorf("exit code %d, want %d; the terminal shows %q", code, end.exit, p.text())
			}
			if end.exit == exitInterrupted { // the peer is told
				awaitFile(t, filepath.Join(dir, "receive.json"), `"event":"error","kind":"declined"`)
			}
			if p.mode(t) != before {
				t.Error("the terminal is not as it was")
			}
		})
	}
}
