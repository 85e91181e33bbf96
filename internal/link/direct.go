package link

import (
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// dialer sets up the direct lanes of one kind and replaces those that die. Each
// kind has its own file; dialers.go lists those of this platform.
type dialer interface {
	// run dials until the link is closed.
	run()
	// signal handles a signal from the peer. It returns false if the signal is
	// not for this kind of lane. It does not block.
	signal(wire.Signal) bool
	// renew takes the keys of a resumption. The peer's addresses may have
	// changed.
	renew(*Peer)
}

// numberLane returns the number for a new direct lane. Only the sender numbers
// lanes.
func (l *Link) numberLane() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbered++
	return session.LaneID(l.generation, l.numbered)
}

// numberLaneOf is like numberLane, for a lane with the keys of a given
// generation. It returns false if that generation is over.
func (l *Link) numberLaneOf(generation uint32) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generation != generation {
		return 0, false
	}
	l.numbered++
	return session.LaneID(generation, l.numbered), true
}

// dispatchSignals passes each signal of the peer to the dialer that handles it.
func (l *Link) dispatchSignals() {
	for {
		sig, err := l.Signal(l.ctx)
		if err != nil {
			return
		}
		taken := false
		for _, d := range l.dialers {
			taken = taken || d.signal(sig)
		}
		if !taken && l.peer.role == Receiver && sig.Kind == wire.SignalOffer {
			_ = l.Send(l.ctx, wire.Signal{Kind: wire.SignalFailed, Lane: sig.Lane, Body: "this lane is turned off there"}.Append(nil))
		}
	}
}

// cannotDial records that a kind of direct lane failed. If no other kind is left
// that both peers allow, it calls Options.NoPath, which ends the transfer, and
// returns true.
func (l *Link) cannotDial(kind wire.Lanes) bool {
	peer, err := l.Peer(l.ctx)
	if err != nil {
		return true
	}
	l.mu.Lock()
	if l.came&kind != 0 { // such as a long-haul connection, before its data channel failed
		l.mu.Unlock()
		return false
	}
	l.failed |= kind
	left := l.config.Lanes & peer.Lanes &^ l.failed
	l.mu.Unlock()
	if left != 0 {
		return false
	}
	l.options.NoPath()
	return true
}
