package tallow_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// Result.Elapsed does not include the time until the offer is accepted.
func TestElapsedBeginsWithTheAcceptance(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	dir := write(t, map[string]int{"f": 10})
	var accepted time.Time
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "f")}},
		tallow.ReceiveOptions{Output: t.TempDir(), Accept: func(ctx context.Context, _ tallow.Offer) (bool, error) {
			thought := time.NewTimer(200 * time.Millisecond)
			defer thought.Stop()
			select {
			case <-thought.C:
			case <-ctx.Done():
			}
			accepted = time.Now()
			return true, nil
		}})
	since := time.Since(accepted)
	if sent.err != nil || received.err != nil {
		t.Fatalf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
	for _, s := range []outcome{sent, received} {
		if s.result.Elapsed <= 0 || s.result.Elapsed > since {
			t.Errorf("%v, and the offer was accepted %v ago", s.result.Elapsed, since)
		}
	}
}

// There is no LaneEvent when the peer leaves at the end of a transfer.
func TestNoLaneGoesDownAtTheEnd(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}})
	for range 5 {
		sent, received := transfer(t, client, client, tallow.SendOptions{Text: "hello"}, tallow.ReceiveOptions{})
		for name, s := range map[string]outcome{"sender": sent, "receiver": received} {
			if s.err != nil {
				t.Fatalf("%s: %v", name, s.err)
			}
			for _, e := range s.events {
				if e == (tallow.LaneEvent{Lane: tallow.LaneRelay}) {
					t.Errorf("%s: %+v", name, e)
				}
			}
		}
	}
}
