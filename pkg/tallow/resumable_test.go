package tallow_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// remembering is a files.Resumable. What it remembers is all that outlives it.
type remembering struct {
	*files.Memory
	sealed [][]byte
	kept   bool
}

func (r *remembering) Remembered() [][]byte         { return r.sealed }
func (r *remembering) Interrupted([]string) bool    { return len(r.sealed) > 0 }
func (r *remembering) Remember(sealed []byte) error { r.sealed = append(r.sealed, sealed); return nil }
func (r *remembering) Keep()                        { r.kept = true }

// A destination of the caller's that remembers is resumed with the same code by
// the next process, as the disk is: the sender waits for it.
func TestResumableDestination(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}})
	code := make(chan string, 1)
	var sending sync.WaitGroup
	var sendErr error
	sending.Go(func() {
		_, sendErr = client.Send(ctx, tallow.SendOptions{
			Source: files.FS(fstest.MapFS{"f": {Data: []byte(strings.Repeat("x", 5000))}}),
			OnEvent: func(e tallow.Event) {
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code
				}
			},
		})
	})
	receive := func(code string, d files.Destination) (offer tallow.Offer, e *tallow.Error) {
		_, err := client.Receive(ctx, tallow.ReceiveOptions{
			Code: code, Destination: d,
			Accept: func(_ context.Context, o tallow.Offer) (bool, error) { offer = o; return true, nil },
		})
		e, _ = err.(*tallow.Error)
		return offer, e
	}
	first := &remembering{Memory: files.NewMemory(1000)}
	k := <-code
	if offer, err := receive(k, first); err == nil || err.Reason != tallow.ReasonNoSpace || !err.Waiting || !first.kept || offer.Resuming {
		t.Fatalf("the first process: %v, kept: %v, resuming: %v", err, first.kept, offer.Resuming)
	}
	second := &remembering{Memory: files.NewMemory(1 << 20), sealed: first.sealed}
	if offer, err := receive(k, second); err != nil || !offer.Resuming {
		t.Errorf("the second process: %v, resuming: %v", err, offer.Resuming)
	}
	sending.Wait()
	if got, err := second.ReadFile("f"); sendErr != nil || err != nil || len(got) != 5000 {
		t.Errorf("received %d bytes, %v; the sender: %v", len(got), err, sendErr)
	}
}

// A person who takes long to accept does not keep the sender from being remembered
// beside the files, where that is the only place for it.
func TestRememberedAfterAPersonAccepted(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}})
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	code := make(chan string, 1)
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = client.Send(ctx, tallow.SendOptions{
			Source: files.FS(fstest.MapFS{"f": {Data: make([]byte, 4<<20)}}), LimitRate: 1 << 20,
			OnEvent: func(e tallow.Event) {
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code
				}
			},
		})
	})
	remembered := make(chan struct{})
	d := &tellingDestination{remembering{Memory: files.NewMemory(8 << 20)}, remembered}
	receiving, stop := context.WithCancel(ctx)
	defer stop()
	var receiver sync.WaitGroup
	k := <-code
	receiver.Go(func() {
		_, _ = client.Receive(receiving, tallow.ReceiveOptions{
			Code: k, Destination: d,
			Accept: func(context.Context, tallow.Offer) (bool, error) {
				time.Sleep(500 * time.Millisecond) // the person
				return true, nil
			},
		})
	})
	select {
	case <-remembered:
	case <-ctx.Done():
		t.Error("the sender is not remembered")
	}
	stop()
	receiver.Wait()
	cancel()
	sending.Wait()
}

// tellingDestination tells when it remembers.
type tellingDestination struct {
	remembering
	remembered chan struct{}
}

func (d *tellingDestination) Remember(sealed []byte) error {
	close(d.remembered)
	return d.remembering.Remember(sealed)
}
