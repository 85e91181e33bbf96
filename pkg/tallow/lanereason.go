package tallow

// LaneReason says why lanes of a kind carry data: they are direct, or there is a
// reason that none is. A lane that is not direct goes through the relay: as LaneRelay,
// or as LaneWebRTC through a TURN server.
type LaneReason string

// The reasons why lanes carry. More than one may apply; the first in this order is
// told.
const (
	LaneReasonDirect      LaneReason = "direct"       // they go from machine to machine
	LaneReasonPrivate     LaneReason = "private"      // Config.Private is set
	LaneReasonPeerPrivate LaneReason = "peer-private" // it is set at the peer
	LaneReasonLanes       LaneReason = "lanes"        // Config.Lanes has no direct one
	LaneReasonPeerLanes   LaneReason = "peer-lanes"   // the peer allows none of the direct ones that Config.Lanes has
	LaneReasonDirectLost  LaneReason = "direct-lost"  // a direct one is lost
	LaneReasonNoDirect    LaneReason = "no-direct"    // no direct one has come up, so far
)
