//go:build !js

package link_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// carriers notes the carriers of a link's lanes.
type carriers struct {
	mu  sync.Mutex
	all []lane.Carrier
}

func (c *carriers) wrap(_ uint32, added lane.Carrier) lane.Carrier {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, added)
	return added
}

// direct waits until there were so many direct carriers, and returns them.
func (c *carriers) direct(t *testing.T, count int) (all []lane.Carrier) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		all = slices.DeleteFunc(slices.Clone(c.all), func(x lane.Carrier) bool { return !x.Traits().Direct })
		c.mu.Unlock()
		if len(all) >= count {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d direct lanes, want %d", len(all), count)
		}
	}
}

// Beside a data channel there is one long-haul connection, which the sender has before
// it has the channel. When it dies there is another one.
func TestLonghaulBesideADataChannel(t *testing.T) {
	var ours carriers
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneWebRTC)
	l, k := listen(t, func() link.Config { c := c; c.WrapCarrier = ours.wrap; return c }())
	coming := accept(t.Context(), l, newRecorder())
	receiver, err := link.Dial(t.Context(), c, k, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	sender := (<-coming).peer
	a := connect(t, sender, link.Options{Observer: newRecorder()})
	b := connect(t, receiver, link.Options{Observer: newRecorder()})
	both := ours.direct(t, 2)
	if !both[0].Traits().Paced || both[1].Traits().Paced {
		t.Errorf("%+v came before %+v", both[0].Traits(), both[1].Traits())
	}
	say(t, a, b, "over the long-haul connection")
	_ = both[0].Close()
	say(t, a, b, "over what is left")
	three := ours.direct(t, 3)
	if !three[2].Traits().Paced {
		t.Errorf("%+v takes the place of a long-haul connection", three[2].Traits())
	}
	say(t, b, a, "over another one")
}
