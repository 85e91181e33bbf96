package tallow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// openListeners counts the TCP sockets of this process that listen on all
// interfaces.
func openListeners(t *testing.T) (n int) {
	t.Helper()
	const listening = "0A"
	sockets := make(map[string]bool)
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			sockets[to] = true
		}
	}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // a machine without IPv6
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line) // sl, local, remote, state, ..., inode at 9
			if len(f) > 9 && f[3] == listening && strings.Trim(strings.Split(f[1], ":")[0], "0") == "" && sockets["socket:["+f[9]+"]"] {
				n++
			}
		}
	}
	return n
}

// If one peer turns tcp lanes off, neither peer listens.
func TestTCPTurnedOff(t *testing.T) {
	dir := write(t, map[string]int{"f": 100})
	some := []tallow.Lane{tallow.LaneWebRTC, tallow.LaneRelay}
	for _, tt := range []struct {
		name           string
		sends, receive []tallow.Lane
		want           int
	}{
		{"on both sides", some, some, 0},
		{"by the sender", some, nil, 0},
		{"by the receiver", nil, some, 0},
		{"by nobody", nil, nil, 2},
	} {
		url := startRelay(t, relay.Config{})
		var during int
		sent, received := transfer(t,
			newClient(t, tallow.Config{Relay: url, Lanes: tt.sends}), newClient(t, tallow.Config{Relay: url, Lanes: tt.receive}),
			tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}},
			tallow.ReceiveOptions{Output: t.TempDir(), OnEvent: func(e tallow.Event) {
				if _, ok := e.(tallow.FileEvent); ok {
					during = openListeners(t)
				}
			}})
		if sent.err != nil || received.err != nil {
			t.Fatalf("%s: the sender: %v; the receiver: %v", tt.name, sent.err, received.err)
		}
		if during != tt.want {
			t.Errorf("turned off %s: %d listeners", tt.name, during)
		}
		if left := openListeners(t); left != 0 {
			t.Errorf("turned off %s: %d listeners are left", tt.name, left)
		}
	}
}
