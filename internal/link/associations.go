//go:build !js

package link

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/growth"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Beside the data channel of a WebRTC connection there are associations, over
// the same path and each a lane of its own: the sending side dials as many as
// bring more. The data channel then rests, and has the control messages for
// itself.
const (
	maxAssociations = 8
	// maxDials bounds the associations of one connection, with those that died.
	maxDials = 64
	// associationTimeout bounds one dial, and maxFailures those in a row after
	// which no more are tried than are up.
	associationTimeout = 4 * time.Second
	maxFailures        = 3
	// observeEvery is how often it is looked at what has arrived.
	observeEvery = 100 * time.Millisecond
)

// addAssociations dials or accepts the associations of a connection, if the peer
// does so too, until its data channel is dead.
func (l *Link) addAssociations(connection *webrtc.Conn, channel *session.Lane) {
	if !connection.SupportsAssociations() {
		return
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.wg.Go(func() {
		defer cancel()
		select {
		case <-channel.Done():
		case <-ctx.Done():
		}
	})
	l.wg.Go(func() {
		defer cancel()
		if l.peer.role == Sender {
			a := &associations{link: l, connection: connection, channel: channel}
			a.keep(ctx)
			return
		}
		connection.AcceptAssociations(ctx, func(c *webrtc.Association, id uint32) {
			if err := l.attach(id, wire.LaneWebRTC, c); err != nil {
				l.config.Logger.Debug("an association is not used", "reason", err)
			}
		})
	})
}

// associations are those of one connection, on the side that dials.
type associations struct {
	link       *Link
	connection *webrtc.Conn
	channel    *session.Lane
	controller *growth.Controller
	helps      bool // beside tcp lanes, as controller takes it
	dials      int
	failures   int // in a row

	mu    sync.Mutex
	lanes []*session.Lane // all that ever were
}

// keep has as many associations carry data as are worth it.
func (a *associations) keep(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(observeEvery)
	defer tick.Stop()
	for carrying := 0; ; {
		wanted := a.wanted(growth.Sample{
			At: time.Since(began), Delivered: a.link.Delivered(), Remaining: a.link.remaining(), Active: carrying, RTT: a.channel.MinRTT(),
		})
		if wanted != carrying {
			a.link.config.Logger.Debug("associations", "wanted", wanted, "carry", carrying)
		}
		living := a.living()
		if missing := wanted - len(living); missing > 0 {
			a.dial(ctx, missing)
			living = a.living()
			if len(living) >= wanted {
				a.failures = 0
			} else if a.failures++; a.failures == maxFailures {
				if len(living) == 0 {
					a.channel.SetStandby(false)
					return // the data channel goes on alone
				}
				a.controller.Limit(len(living))
			}
		}
		carrying = min(wanted, len(living))
		for i, l := range living {
			l.SetStandby(i >= wanted)
		}
		a.channel.SetStandby(carrying > 0 || wanted == 0)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// wanted is how many associations shall carry data: alone as many as bring more,
// and beside tcp lanes only those that help them.
func (a *associations) wanted(s growth.Sample) int {
	helps := a.link.carries(wire.LaneTCP)
	switch {
	case a.controller != nil && helps == a.helps:
	case helps:
		a.controller = growth.NewAuxiliary(maxAssociations)
	default:
		a.controller = growth.New(maxAssociations)
	}
	a.helps = helps
	return a.controller.Observe(s)
}

// dial makes up to n associations and waits for them.
func (a *associations) dial(ctx context.Context, n int) {
	ctx, cancel := context.WithTimeout(ctx, associationTimeout)
	defer cancel()
	var dialling sync.WaitGroup
	for ; n > 0 && a.dials < maxDials; n-- {
		a.dials++
		id := a.link.numberLane()
		dialling.Go(func() {
			carrier, err := a.connection.DialAssociation(ctx, id)
			if err == nil {
				err = a.link.attach(id, wire.LaneWebRTC, carrier)
			}
			if err != nil {
				a.link.config.Logger.Debug("no further association", "reason", err)
				return
			}
			a.mu.Lock()
			a.lanes = append(a.lanes, a.link.Lane(id))
			a.mu.Unlock()
		})
	}
	dialling.Wait()
}

// living are the associations that are up, the oldest first.
func (a *associations) living() []*session.Lane {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.lanes), func(l *session.Lane) bool { return l.Err() != nil })
}

// remaining is how many bytes are still to be sent, 0 if that is not known.
func (l *Link) remaining() int64 {
	if l.options.Remaining == nil {
		return 0
	}
	return l.options.Remaining()
}
