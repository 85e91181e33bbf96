package link_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// A sender whose relay is restarted gets a room with the same nameplate, and the
// code still works.
func TestRelayIsRestarted(t *testing.T) {
	for _, announced := range []bool{true, false} {
		relays := relaytest.Start(t, relay.Config{})
		c := config(relays.URL, wire.LaneRelay)
		l, k := listen(t, c)
		coming := accept(t.Context(), l, newRecorder())
		relays.Restart(t, announced)
		meet(t, dial(t.Context(), c, k, newRecorder()), coming)
	}
}

// The observer hears that the relay is away, and that it is back.
func TestRelayIsAway(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{})
	c := config(relays.URL, wire.LaneRelay)
	l, k := listen(t, c)
	o := newRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	coming := accept(ctx, l, o)
	relays.GoAway()
	o.await(t, "relay lost")
	relays.Restart(t, true)
	relays.ComeBack()
	o.await(t, "relay back")
	if l.Nameplate() != k.Nameplate {
		t.Errorf("the nameplate is %s, and was %s", l.Nameplate(), k.Nameplate)
	}
	cancel()
	if a := <-coming; !errors.Is(a.err, context.Canceled) {
		t.Errorf("the sender: %v", a.err)
	}
}

// Another sender has the nameplate by the time the relay is back: the code gets a
// new one, which works.
func TestNameplateIsTakenAfterARestart(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{})
	c := config(relays.URL, wire.LaneRelay)
	l, k := listen(t, c)
	o := newRecorder()
	coming := accept(t.Context(), l, o)
	relays.Restart(t, true, k.Nameplate)
	var changed string
	for changed == "" {
		if event := <-o.events; len(event) > 10 && event[:10] == "nameplate " {
			changed = event[10:]
		}
	}
	if changed == k.Nameplate {
		t.Fatalf("the nameplate is still %s", changed)
	}
	k.Nameplate = changed
	meet(t, dial(t.Context(), c, k, newRecorder()), coming)
}
