package tallow_test

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// A rate limit at either peer is not exceeded, in real time and over real
// connections, nor is the rate in ProgressEvents. How closely it is kept is tested
// in internal/transfer, on a clock that other work on the machine does not delay.
func TestLimitRate(t *testing.T) {
	for name, tt := range map[string]struct {
		lane          tallow.Lane
		send, receive int64
	}{
		"the sender's, relay":    {tallow.LaneRelay, limitedRate, 0},
		"the receiver's, webrtc": {tallow.LaneWebRTC, 100 * limitedRate, limitedRate},
		"the receiver's, tcp":    {tallow.LaneTCP, 0, limitedRate},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tt.lane}})
			const want = limitedSize / limitedRate * time.Second
			took, shown := limitedTransfer(t, client, tt.send, tt.receive)
			t.Logf("%v, %v is wanted; the last rate that was shown is %.0f", took, want, shown)
			if took < want*95/100 {
				t.Errorf("it took %v, which is too fast", took)
			}
			// A busy machine may be slower, but a limit that is a multiple too low shows.
			if took > 8*want {
				t.Errorf("it took %v, which is far too slow", took)
			}
			if shown > limitedRate*1.2 {
				t.Errorf("%.0f bytes a second are shown", shown)
			}
		})
	}
}

const (
	limitedSize = 8 << 20
	limitedRate = 2 << 20
)

// limitedTransfer transfers limitedSize bytes. It returns how long the data took
// and the rate of the last ProgressEvent.
func limitedTransfer(t *testing.T, client *tallow.Client, send, receive int64) (took time.Duration, shown float64) {
	t.Helper()
	dir, out := write(t, map[string]int{"d/big": limitedSize - 200_000, "d/a": 10, "d/b": 190_000, "d/c": 9_990}), t.TempDir()
	var up time.Time
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "d")}, LimitRate: send},
		tallow.ReceiveOptions{Output: out, LimitRate: receive, OnEvent: func(e tallow.Event) {
			switch e := e.(type) {
			case tallow.LaneEvent:
				if e.Up && up.IsZero() {
					up = time.Now()
				}
			case tallow.ProgressEvent:
				shown = e.Rate
			case tallow.EndEvent:
				took = time.Since(up)
			}
		}})
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	if !maps.Equal(contents(t, out), contents(t, dir)) {
		t.Error("the files differ")
	}
	if sent.result.Sent != limitedSize || received.result.Sent != limitedSize {
		t.Errorf("%d and %d bytes were sent", sent.result.Sent, received.result.Sent)
	}
	return took, shown
}

func TestNegativeLimitRate(t *testing.T) {
	client := newClient(t, tallow.Config{})
	_, err := client.Send(t.Context(), tallow.SendOptions{Text: "a", LimitRate: -1})
	if kindOf(t, err) != tallow.KindUsage {
		t.Errorf("send: %v", err)
	}
	_, err = client.Receive(t.Context(), tallow.ReceiveOptions{Code: "7-acid-acorn-acre", LimitRate: -1})
	if kindOf(t, err) != tallow.KindUsage {
		t.Errorf("receive: %v", err)
	}
}
