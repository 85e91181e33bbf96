package tallow

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The numbers of lanes. The relayed lane is there from the start.
const (
	relayedLane = 0
	firstWebRTC = 1
)

// link is a session with all that connects it: the relayed lane at once, direct
// ones as they come up. It is the transfer's Session.
type link struct {
	*session.Session
	client *Client
	run    *transferRun
	room   *rendezvous.Room
	offers bool // this side sets up direct lanes, the other one answers

	cancel context.CancelFunc
	wg     sync.WaitGroup
	seen   int // lanes that Attached has returned
}

// connect starts the session in the room where the handshake was.
func (c *Client) connect(ctx context.Context, t *transferRun, room *rendezvous.Room, keys session.Keys, offers bool) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &link{
		Session: session.New(keys, session.Options{Allowed: c.lanes, Program: "tallow/" + c.version, Patience: time.Second}),
		client:  c, run: t, room: room, offers: offers, cancel: cancel,
	}
	if err := l.attach(ctx, relayedLane, wire.LaneRelay, lane.NewRelayed(ctx, room)); err != nil {
		l.close()
		return nil, err
	}
	l.wg.Go(func() { l.dialDirect(ctx) })
	return l, nil
}

// close ends the session and everything around it.
func (l *link) close() {
	l.cancel()
	_ = l.Session.Close()
	l.wg.Wait()
}

// Attached returns the lanes one by one; for one caller.
func (l *link) Attached(ctx context.Context) (transfer.Lane, error) {
	next, err := l.Session.Attached(ctx, l.seen)
	if err != nil {
		return nil, err
	}
	l.seen++
	return next, nil
}

// attach gives the session a lane and tells when it begins and ceases to carry.
func (l *link) attach(ctx context.Context, id uint32, kind wire.Lanes, c session.Carrier) error {
	attached, err := l.Attach(id, kind, c)
	if err != nil {
		return err
	}
	l.wg.Go(func() {
		for attached.Ready(ctx) == nil {
			l.run.tell(LaneEvent{Lane: laneName(kind), Up: true})
			_ = attached.Relieved(ctx)
			if ctx.Err() != nil {
				return
			}
			l.run.tell(LaneEvent{Lane: laneName(kind), Up: false})
			l.client.log.Debug("lane no longer carries", "lane", laneName(kind), "reason", attached.Err())
		}
	})
	return nil
}

// dialDirect sets up the direct lane, and answers the other side's signals.
func (l *link) dialDirect(ctx context.Context) {
	signals := make(chan wire.Signal, 64)
	dial := func() {
		l.wg.Go(func() { l.dialWebRTC(ctx, signals) })
	}
	allowed := l.client.lanes&wire.LaneWebRTC != 0
	dialling := false
	if l.offers && allowed {
		dialling = true
		dial()
	}
	for {
		sig, err := l.Signal(ctx)
		switch {
		case err != nil:
			return
		case sig.Lane != firstWebRTC:
			continue
		case !allowed:
			if sig.Kind == wire.SignalOffer {
				_ = l.signaller(ctx, wire.SignalFailed, "this lane is turned off there")
			}
			continue
		case !dialling:
			dialling = true
			dial()
		}
		select {
		case signals <- sig:
		default: // the lane is up or given up, and reads no more
		}
	}
}

func (l *link) dialWebRTC(ctx context.Context, signals <-chan wire.Signal) {
	o := lane.WebRTCOptions{Offer: l.offers, Signals: signals, Send: l.signaller}
	if stun := l.room.STUN(); stun != "" {
		o.STUN = []string{stun}
	}
	carrier, err := lane.DialWebRTC(ctx, o)
	if err == nil {
		err = l.attach(ctx, firstWebRTC, wire.LaneWebRTC, carrier)
	}
	if err != nil && ctx.Err() == nil {
		l.client.log.Debug("no direct lane", "reason", err)
		_ = l.signaller(ctx, wire.SignalFailed, "no direct path was found")
	}
}

func (l *link) signaller(ctx context.Context, kind wire.SignalKind, body string) error {
	return l.Send(ctx, wire.Signal{Kind: kind, Lane: firstWebRTC, Body: body}.Append(nil))
}
