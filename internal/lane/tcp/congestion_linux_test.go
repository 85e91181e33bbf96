package tcp_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/congestion/congestiontest"
	"github.com/tallow-transfer/tallow/internal/lane/tcp"
)

// Both ends of a lane use the congestion control that tallow asks for.
func TestAsksForCongestionControl(t *testing.T) {
	congestiontest.WhereItIsReno(t, congestion.Algorithm, func() {
		sender, receiver := newSide(t, 1, true), newSide(t, 1, false)
		at := receiver.listen(t)
		if err := tcp.DialOne(t.Context(), at, sender.Peer); err != nil {
			t.Fatal(err)
		}
		for name, l := range map[string]numberedConn{"dialled": sender.got(t), "accepted": receiver.got(t)} {
			if got := congestiontest.Of(t, l.Socket()); got != congestion.Algorithm {
				t.Errorf("the connection that was %s has %s", name, got)
			}
		}
	})
}
