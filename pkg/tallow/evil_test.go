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

// evilRelay is a real relay behind somebody who reads and changes what both
// sides say to each other in the code's room: payload number n of one side
// becomes what evil returns.
func evilRelay(t *testing.T, evil func(by from, n int, payload []byte) []byte) string {
	t.Helper()
	way := roadTo(strings.TrimPrefix(startRelay(t, relay.Config{}), "ws://"))
	way.rooms = func(_ int, join wire.RoomJoin, _ <-chan struct{}) (in, out passage) {
		by := theReceiver
		if join.Role == wire.RoomSender {
			by = theSender
		}
		n := 0
		return func(payload []byte) ([][]byte, bool) {
			n++
			return [][]byte{evil(by, n-1, payload)}, true
		}, nil
	}
	way.open()
	t.Cleanup(way.close)
	return way.url
}

// A relay that answers in the other side's place, with a guess of its own at the
// words, gets nowhere: both people are told, and the code is burnt.
func TestRelayInTheMiddle(t *testing.T) {
	var guess *handshake.Receiver
	relay := evilRelay(t, func(by from, n int, p []byte) []byte {
		if by == theReceiver && n == 0 {
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
		t.Fatal("the relay was not asked")
	}
	if kindOf(t, sent.err) != tallow.KindCode || kindOf(t, received.err) != tallow.KindCode {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if got := contents(t, out); len(got) > 0 {
		t.Errorf("something was written: %v", got)
	}
}

// Nothing that the relay passes on says what is sent.
func TestTheRelayLearnsNothing(t *testing.T) {
	const name = "a-name-that-nobody-else-has.txt"
	var mu sync.Mutex
	var seen strings.Builder
	relay := evilRelay(t, func(_ from, _ int, p []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		seen.Write(p)
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
	if seen.Len() < 3000 {
		t.Errorf("the relay saw only %d bytes: this test looks at the wrong place", seen.Len())
	}
}
