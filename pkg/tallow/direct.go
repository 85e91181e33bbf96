package tallow

import (
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Direct lanes are set up by signals, which go sealed through the session: each
// kind of lane has a file of its own (tcp.go, webrtc.go), and what they share is
// here.

// maxAnswers bounds the lanes that the other side sets up at the same time.
const maxAnswers = 4

// numberLane is the number for a new direct lane. Only the sending side numbers.
func (l *link) numberLane() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbered++
	return session.LaneID(l.generation, l.numbered)
}

// numberLaneOf is the same for a lane of a generation; false if that one is over.
func (l *link) numberLaneOf(generation uint32) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generation != generation {
		return 0, false
	}
	l.numbered++
	return session.LaneID(generation, l.numbered), true
}

// dispatchSignals hands signals to the lane that they are for. An offer for a
// lane that nobody knows is answered, where this side does not offer itself.
func (l *link) dispatchSignals() {
	for {
		sig, err := l.Signal(l.ctx)
		if err != nil {
			return
		}
		if sig.Kind == wire.SignalAddresses {
			l.hearAddresses(sig)
			continue
		}
		l.mu.Lock()
		box, known := l.signals[sig.Lane]
		answering := len(l.signals)
		l.mu.Unlock()
		switch {
		case known:
		case l.role == sends || sig.Kind != wire.SignalOffer:
			continue // of a lane that was given up
		case l.client.lanes&wire.LaneWebRTC == 0:
			_ = l.Send(l.ctx, wire.Signal{Kind: wire.SignalFailed, Lane: sig.Lane, Body: "this lane is turned off there"}.Append(nil))
			continue
		case answering >= maxAnswers:
			continue
		default:
			box = l.signalsOf(sig.Lane)
			l.wg.Go(func() { _ = l.dialWebRTC(sig.Lane, box, false) })
		}
		select {
		case box <- sig:
		default: // the lane is up or given up, and reads no more
		}
	}
}

// signalsOf makes the box of a lane that is being set up.
func (l *link) signalsOf(id uint32) chan wire.Signal {
	box := make(chan wire.Signal, 64)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signals[id] = box
	return box
}

func (l *link) forgetSignals(id uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.signals, id)
}

// triedInVain notes that a kind of direct lane was tried and could not be made.
// It is true, and the transfer ends, where no other kind is left that both sides
// let carry data.
func (l *link) triedInVain(kind wire.Lanes) bool {
	peer, err := l.Peer(l.ctx)
	if err != nil {
		return true
	}
	l.mu.Lock()
	l.vain |= kind
	left := l.client.lanes & peer.Lanes &^ l.vain
	l.mu.Unlock()
	if left != 0 {
		return false
	}
	l.giveUp(transfer.ErrNoPath)
	return true
}
