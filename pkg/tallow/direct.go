package tallow

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Direct lanes are dialled by the sending side, again and again as long as none
// is up and the relayed lane can take the signals.
const (
	dialTimeout  = 20 * time.Second // of one attempt
	redialFirst  = 5 * time.Second  // after one that failed
	redialLatest = time.Minute
)

// maxAnswers bounds the lanes that the other side sets up at the same time.
const maxAnswers = 4

// keepDialling has a direct lane, as far as the network lets it. Where nothing
// else may carry data and the first attempt fails, the transfer ends.
func (l *link) keepDialling() {
	wait, had := redialFirst, false
	for n := uint16(1); n > 0; n++ {
		err := l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up == wire.LaneRelay })
		if err != nil {
			return
		}
		l.mu.Lock()
		id := session.LaneID(l.generation, n)
		l.mu.Unlock()
		if err := l.dial(id, l.signalsOf(id), true); err == nil {
			wait, had = redialFirst, true
			continue
		}
		if peer, err := l.Peer(l.ctx); err == nil && !had && l.client.lanes&peer.Lanes&wire.LaneRelay == 0 {
			l.giveUp(transfer.ErrNoPath)
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.ctx.Done():
			timer.Stop()
			return
		}
		wait = min(2*wait, redialLatest)
	}
}

// dial makes the WebRTC lane with the number id, or answers its offer.
func (l *link) dial(id uint32, signals <-chan wire.Signal, offer bool) error {
	defer l.forgetSignals(id)
	l.mu.Lock()
	o := lane.WebRTCOptions{
		Offer: offer, Signals: signals,
		Send: func(ctx context.Context, kind wire.SignalKind, body string) error {
			return l.Send(ctx, wire.Signal{Kind: kind, Lane: id, Body: body}.Append(nil))
		},
	}
	if l.stun != "" {
		o.STUN = []string{l.stun}
	}
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.ctx, dialTimeout)
	defer cancel()
	carrier, err := lane.DialWebRTC(ctx, o)
	if err == nil {
		err = l.attach(id, wire.LaneWebRTC, carrier)
	}
	if err != nil && l.ctx.Err() == nil {
		l.client.log.Debug("no direct lane", "reason", err)
		_ = o.Send(l.ctx, wire.SignalFailed, "no direct path was found")
	}
	return err
}

// dispatchSignals hands signals to the lane that they are for. An offer for a
// lane that nobody knows is answered, where this side does not offer itself.
func (l *link) dispatchSignals() {
	for {
		sig, err := l.Signal(l.ctx)
		if err != nil {
			return
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
			l.wg.Go(func() { _ = l.dial(sig.Lane, box, false) })
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
