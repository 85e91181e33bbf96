package link

import (
	"net/netip"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// HandshakeObserver is told who is in the room of a code. Its methods must not
// block.
type HandshakeObserver interface {
	// PeerJoined is called when a peer has joined the room. It has not yet proved
	// that it knows the code.
	PeerJoined()
	// PeerLeft is called when that peer has left without trying the code.
	PeerLeft()
}

// Observer is told about changes of the connection to the peer. Its methods are
// called from several goroutines and must not block.
type Observer interface {
	// LaneUp is called when the first lane of a kind carries data, with the reason, and
	// the peer's address at the other end of it; the zero Addr if the lane is not direct,
	// or if that is not known.
	LaneUp(kind wire.Lanes, why LaneReason, at netip.Addr)
	// LaneDown is called when no lane of a kind carries data any more.
	LaneDown(kind wire.Lanes)
	// Disconnected is called when no lane is left. The link reconnects.
	Disconnected()
	// Reconnecting is called while disconnected, when an attempt has failed, with
	// the number of the next one.
	Reconnecting(attempt int)
	// Reconnected is called when there is a lane again.
	Reconnected()
}
