//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// How long it takes from Ctrl-C at a receiver until both sides have ended, while
// data flows through a relay that is slower than the sender: 2 s are promised.
func BenchmarkInterrupt(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "big"), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "big"), 100_000_000); err != nil {
		b.Fatal(err)
	}
	start := func(stdout string, args ...string) *exec.Cmd {
		out, err := os.Create(filepath.Join(dir, stdout))
		if err != nil {
			b.Fatal(err)
		}
		defer out.Close()
		cmd := exec.Command("tallow", args...)
		cmd.Dir, cmd.Stdout = dir, out
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		return cmd
	}
	relay := start("relay.txt", "relay", "--listen", "127.0.0.1:0", "--quiet", "--bytes-per-second", "2000000")
	defer func() {
		_ = relay.Process.Kill()
		_ = relay.Wait()
	}()
	line, err := firstLine(filepath.Join(dir, "relay.txt"))
	if err != nil {
		b.Fatal(err)
	}
	var took time.Duration
	n := 0
	for b.Loop() {
		send := start("code.txt", "send", "--lanes", "relay", "--relay", strings.TrimPrefix(line, "listening on "), "big")
		code, err := firstLine(filepath.Join(dir, "code.txt"))
		if err != nil {
			b.Fatal(err)
		}
		receive := start("receive.json", "receive", "--json", "-y", "-o", "got/", code)
		if err := poll(func() error {
			text, err := os.ReadFile(filepath.Join(dir, "receive.json"))
			if err == nil && !strings.Contains(string(text), `"event":"progress"`) {
				err = os.ErrNotExist
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := receive.Process.Signal(syscall.SIGINT); err != nil {
			b.Fatal(err)
		}
		_, _ = receive.Wait(), send.Wait()
		took, n = took+time.Since(began), n+1
	}
	b.ReportMetric(took.Seconds()/float64(n), "s/end")
}
