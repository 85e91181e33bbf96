package tallow_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// The reasons of this package are those of a link.
func TestLaneReasons(t *testing.T) {
	for ours, theirs := range map[tallow.LaneReason]link.LaneReason{
		tallow.LaneReasonDirect:      link.LaneDirect,
		tallow.LaneReasonPrivate:     link.LanePrivate,
		tallow.LaneReasonPeerPrivate: link.LanePeerPrivate,
		tallow.LaneReasonLanes:       link.LaneNoneAllowed,
		tallow.LaneReasonPeerLanes:   link.LanePeerAllowsNone,
		tallow.LaneReasonDirectLost:  link.LaneDirectLost,
		tallow.LaneReasonNoDirect:    link.LaneNoDirect,
	} {
		if string(ours) != string(theirs) {
			t.Errorf("%q is %q in a link", ours, theirs)
		}
	}
}
