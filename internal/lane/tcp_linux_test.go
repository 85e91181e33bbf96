package lane_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/congestion"
	"github.com/tallow-transfer/tallow/internal/congestion/congestiontest"
	"github.com/tallow-transfer/tallow/internal/lane"
)

// Both ends of a lane have the congestion control that is asked for.
func TestTCPAsksForCongestionControl(t *testing.T) {
	congestiontest.WhereItIsReno(t, congestion.Algorithm, func() {
		sender, receiver := newTCPSide(t, 1, true), newTCPSide(t, 1, false)
		at := receiver.listen(t)
		if err := lane.DialOne(t.Context(), at, sender.TCPPeer); err != nil {
			t.Fatal(err)
		}
		for name, l := range map[string]tcpLane{"dialled": sender.got(t), "accepted": receiver.got(t)} {
			if got := congestiontest.Of(t, l.Socket()); got != congestion.Algorithm {
				t.Errorf("the connection that was %s has %s", name, got)
			}
		}
	})
}
