package tallow_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// hostileRelay starts a relay that can read and change what the peers send to
// each other: change returns what to forward in place of payload number n of one
// peer.
func hostileRelay(t *testing.T, change func(by role, n int, payload []byte) []byte) string {
	t.Helper()
	p := newProxy(strings.TrimPrefix(startRelay(t, relay.Config{}), "ws://"))
	p.filterPayloads = func(_ int, join wire.RoomJoin, _ <-chan struct{}) (in, out filter) {
		by := roleReceiver
		if join.Role == wire.RoomSender {
			by = roleSender
		}
		n := 0
		return func(payload []byte) ([][]byte, bool) {
			n++
			return [][]byte{change(by, n-1, payload)}, true
		}, nil
	}
	p.open()
	t.Cleanup(p.close)
	return p.url
}

// A relay that impersonates the receiver with a guess at the words learns nothing:
// both peers get an error, and the code is burnt.
func TestRelayInTheMiddle(t *testing.T) {
	var guess *handshake.Receiver
	relay := hostileRelay(t, func(by role, n int, p []byte) []byte {
		if by == roleReceiver && n == 0 {
			m1, err := wire.ParseM1(p)
			if err != nil {
				t.Error(err)
			}
			r, err := handshake.NewReceiver(handshake.Params{Words: "acid-acid-acid", Nameplate: "1", SenderNonce: m1.Nonce})
			if err != nil {
				t.Error(err)
			}
			forged, err := r.Start()
			if err != nil {
				t.Error(err)
			}
			guess = r
			return forged
		}
		return p
	})
	dir := write(t, map[string]int{"secret": 100})
	out := t.TempDir()
	client := newClient(t, tallow.Config{Relay: relay})
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "secret")}},
		tallow.ReceiveOptions{Output: out})
	if guess == nil {
		t.Fatal("the relay saw no first message")
	}
	if kindOf(t, sent.err) != tallow.KindCode || kindOf(t, received.err) != tallow.KindCode {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if got := contents(t, out); len(got) > 0 {
		t.Errorf("something was written: %v", got)
	}
}

// The relay cannot read the code's words, the names, the content or the candidates
// in what it forwards.
func TestRelayLearnsNothing(t *testing.T) {
	const name = "a-name-that-nobody-else-has.txt"
	var mu sync.Mutex
	var seen strings.Builder
	payloads := map[role]int{}
	relay := hostileRelay(t, func(by role, _ int, p []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		seen.Write(p)
		payloads[by]++
		return p
	})
	dir := write(t, map[string]int{name: 5000})
	var words string
	client := newClient(t, tallow.Config{Relay: relay})
	sent, received := transfer(t, client, client, tallow.SendOptions{
		Paths: []string{filepath.Join(dir, name)},
		OnEvent: func(e tallow.Event) {
			if c, ok := e.(tallow.CodeEvent); ok {
				words = c.Code
			}
		},
	}, tallow.ReceiveOptions{Output: t.TempDir()})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	mu.Lock()
	defer mu.Unlock()
	bare, _, _ := strings.Cut(words, "@")
	secrets := append(strings.Split(bare, "-")[1:], name, contents(t, dir)[name][:32], "a=candidate", "candidate:", "ice-ufrag")
	for _, secret := range secrets {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("the relay saw %q", secret)
		}
	}
	// Two messages of each are the handshake. How many sealed ones follow depends on
	// how soon a direct lane stands.
	if payloads[roleSender] < 3 || payloads[roleReceiver] < 3 {
		t.Errorf("the relay saw only %v: this test looks in the wrong place", payloads)
	}
}
