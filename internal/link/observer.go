package link

import "github.com/tallow-transfer/tallow/internal/wire"

// HandshakeObserver is told who is in the room of a code. Its methods must not
// block.
type HandshakeObserver interface {
	// PeerJoined: a peer is in the room, and has to prove that it knows the code.
	PeerJoined()
	// PeerLeft: it left before it tried the code.
	PeerLeft()
}

// Observer is told how the connection to the peer does. Its methods are called
// from several goroutines and must not block.
type Observer interface {
	// LaneUp: lanes of a kind begin to carry data.
	LaneUp(kind wire.Lanes)
	// LaneDown: no lane of a kind carries data any more.
	LaneDown(kind wire.Lanes)
	// Disconnected: no lane is left; the link reconnects.
	Disconnected()
	// Reconnecting: while disconnected, an attempt failed and the one with this
	// number follows.
	Reconnecting(attempt int)
	// Reconnected: there is a lane again.
	Reconnected()
}
