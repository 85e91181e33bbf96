package tallow_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// TestReceiverProcess is the receiver of TestReceiverIsKilled, in a process of
// its own so that it can be killed. It prints its progress.
func TestReceiverProcess(t *testing.T) {
	relay, code, out := os.Getenv("TALLOW_TEST_RELAY"), os.Getenv("TALLOW_TEST_CODE"), os.Getenv("TALLOW_TEST_OUT")
	if code == "" {
		return // not a test by itself
	}
	client := newClient(t, tallow.Config{Relay: relay, Lanes: []tallow.Lane{tallow.LaneRelay}})
	_, err := client.Receive(t.Context(), tallow.ReceiveOptions{Code: code, Output: out, OnEvent: func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok {
			fmt.Println("progress", p.Bytes)
		}
	}})
	fmt.Println("end", err)
}

// A receiver that was killed and is started again with the same code resumes with
// the sender, which has waited. Only what is missing is sent.
func TestReceiverIsKilled(t *testing.T) {
	const size = 48 << 20
	// Slow enough to be killed in the middle.
	url := startRelay(t, relay.Config{BytesPerSecond: 8 << 20, RoomsPerMinute: -1, JoinsPerMinute: -1})
	client := newClient(t, tallow.Config{Relay: url, Lanes: []tallow.Lane{tallow.LaneRelay}})
	dir, out := write(t, map[string]int{"big": size}), t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	code, sent := make(chan string, 1), make(chan outcome, 1)
	go func() {
		var s outcome
		s.result, s.err = client.Send(ctx, tallow.SendOptions{Paths: []string{filepath.Join(dir, "big")}, OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				code <- c.Code
			}
		}})
		sent <- s
	}()
	used := <-code

	receiver := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestReceiverProcess$")
	receiver.Env = append(os.Environ(), "TALLOW_TEST_RELAY="+url, "TALLOW_TEST_CODE="+used, "TALLOW_TEST_OUT="+out)
	output, err := receiver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var bytes int64
		if n, _ := fmt.Sscanf(lines.Text(), "progress %d", &bytes); n == 1 && bytes > size/2 {
			break
		} else if strings.HasPrefix(lines.Text(), "end") {
			t.Fatalf("the receiver ended before it was killed: %s", lines.Text())
		}
	}
	if err := receiver.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = receiver.Wait()
	if got := visible(contents(t, out)); len(got) > 0 {
		t.Fatal("something has its final name already")
	}

	result, err := client.Receive(ctx, tallow.ReceiveOptions{Code: used, Output: out})
	s := <-sent
	if err != nil || s.err != nil {
		t.Fatalf("the receiver: %v; the sender: %v", err, s.err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ, or something is left over")
	}
	if result.Sent == 0 || result.Sent > size*3/4 {
		t.Errorf("%d of %d bytes were sent again", result.Sent, size)
	}
	if s.result.Sent < size || s.result.Sent > size+40<<20 {
		t.Errorf("%d bytes were sent in all", s.result.Sent)
	}
}
