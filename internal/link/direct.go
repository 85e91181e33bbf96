package link

import (
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// dialer sets up the direct lanes of one kind, and keeps them up. Each kind has
// a file of its own; dialers.go says which ones this machine has.
type dialer interface {
	// run works until the link is closed.
	run()
	// signal takes a signal of the peer that is for this kind, and says whether
	// it was. It does not wait.
	signal(wire.Signal) bool
	// renew takes the keys of a resumption: the peer may be elsewhere now.
	renew(*Peer)
}

// numberLane is the number for a new direct lane. Only the sender numbers.
func (l *Link) numberLane() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbered++
	return session.LaneID(l.generation, l.numbered)
}

// numberLaneOf is the same for a lane of a generation; false if that one is over.
func (l *Link) numberLaneOf(generation uint32) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generation != generation {
		return 0, false
	}
	l.numbered++
	return session.LaneID(generation, l.numbered), true
}

// dispatchSignals hands the peer's signals to the dialer that they are for.
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

// cannotDial notes that a kind of direct lane was tried and could not be made.
// It is true, and the transfer ends, where no other kind is left that both sides
// let carry data.
func (l *Link) cannotDial(kind wire.Lanes) bool {
	peer, err := l.Peer(l.ctx)
	if err != nil {
		return true
	}
	l.mu.Lock()
	l.failed |= kind
	left := l.config.Lanes & peer.Lanes &^ l.failed
	l.mu.Unlock()
	if left != 0 {
		return false
	}
	l.options.NoPath()
	return true
}
