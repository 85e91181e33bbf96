package broadcast_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/broadcast"
)

// Everyone who waits is woken by one Broadcast, and nobody by an earlier one.
func TestBroadcastWakesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var signal broadcast.Signal
		signal.Broadcast() // nobody waits: it is not remembered
		var waiters sync.WaitGroup
		woken := make(chan struct{}, 3)
		for range 3 {
			waiters.Go(func() {
				<-signal.Wait()
				woken <- struct{}{}
			})
		}
		synctest.Wait()
		if len(woken) != 0 {
			t.Fatalf("%d were woken before the Broadcast", len(woken))
		}
		signal.Broadcast()
		waiters.Wait()
		if len(woken) != 3 {
			t.Errorf("%d were woken, want 3", len(woken))
		}
	})
}

// A change between Wait and the select is not missed.
func TestBroadcastBetweenWaitAndSelect(t *testing.T) {
	var signal broadcast.Signal
	changed := signal.Wait()
	signal.Broadcast()
	select {
	case <-changed:
	default:
		t.Error("the channel is open after a Broadcast")
	}
	select {
	case <-signal.Wait():
		t.Error("a channel taken after the Broadcast is closed")
	default:
	}
}
