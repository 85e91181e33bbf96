package tallow

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// WebRTC lanes are dialled by the sending side, again and again as long as no
// direct lane is up and the relayed one can take the signals.
const (
	dialTimeout  = 20 * time.Second // of one attempt
	redialFirst  = 5 * time.Second  // after one that failed
	redialLatest = time.Minute
)

// keepDiallingWebRTC has a WebRTC lane, as far as the network lets it. Where nothing
// else may carry data and the first attempt fails, the transfer ends.
func (l *link) keepDiallingWebRTC() {
	wait, had := redialFirst, false
	for {
		err := l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up == wire.LaneRelay })
		if err != nil {
			return
		}
		id := l.numberLane()
		if err := l.dialWebRTC(id, l.signalsOf(id), true); err == nil {
			wait, had = redialFirst, true
			continue
		}
		if !had && l.triedInVain(wire.LaneWebRTC) {
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

// dialWebRTC makes the WebRTC lane with the number id, or answers its offer.
func (l *link) dialWebRTC(id uint32, signals <-chan wire.Signal, offer bool) error {
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
	if err == nil && carrier.Widens() {
		l.widen(carrier, l.Lane(id))
	}
	if err != nil && l.ctx.Err() == nil {
		l.client.log.Debug("no direct lane", "reason", err)
		_ = o.Send(l.ctx, wire.SignalFailed, "no direct path was found")
	}
	return err
}
