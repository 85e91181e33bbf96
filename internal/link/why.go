package link

import "github.com/tallow-transfer/tallow/internal/wire"

// LaneReason says why lanes of a kind carry data: they are direct, or there is a
// reason that none is.
type LaneReason string

// The reasons. More than one may apply; the first in this order is told.
const (
	// LaneDirect: the lane goes from machine to machine.
	LaneDirect LaneReason = "direct"
	// LanePrivate: this side keeps its addresses from the peer (Config.Private).
	LanePrivate LaneReason = "private"
	// LanePeerPrivate: the peer keeps its addresses from this side.
	LanePeerPrivate LaneReason = "peer-private"
	// LaneNoneAllowed: this side allows no kind of lane that is direct.
	LaneNoneAllowed LaneReason = "lanes"
	// LanePeerAllowsNone: the peer allows no kind of direct lane that this side
	// allows.
	LanePeerAllowsNone LaneReason = "peer-lanes"
	// LaneDirectLost: a direct lane carried data before, and is lost.
	LaneDirectLost LaneReason = "direct-lost"
	// LaneNoDirect: no direct lane has come up, so far.
	LaneNoDirect LaneReason = "no-direct"
)

// whyCarries returns why a lane carries data. wasDirect says whether a direct one
// did before.
func (l *Link) whyCarries(direct, wasDirect bool) LaneReason {
	peer, err := l.Peer(l.ctx) // it has come: no lane carries data before
	own := l.config.Lanes &^ wire.LaneRelay
	switch {
	case direct:
		return LaneDirect
	case l.config.Private:
		return LanePrivate
	case err == nil && peer.NoDirect:
		return LanePeerPrivate
	case own == 0:
		return LaneNoneAllowed
	case err == nil && own&peer.Lanes == 0:
		return LanePeerAllowsNone
	case wasDirect:
		return LaneDirectLost
	}
	return LaneNoDirect
}
