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

// A WebRTC connection also carries associations: SCTP associations beside its
// data channel, over the same path, each a lane of its own. The sender dials as
// many as raise the throughput. While they carry data the data channel is on
// standby and carries control messages only.
const (
	maxAssociations = 8
	// maxDials bounds the associations that one connection dials, including those
	// that died.
	maxDials = 64
	// associationTimeout bounds one dial. After maxFailures failed attempts in a row
	// the number of associations is limited to those that are up.
	associationTimeout = 4 * time.Second
	maxFailures        = 3
	// observeEvery is the interval at which the controller gets a sample of the
	// throughput.
	observeEvery = 100 * time.Millisecond
)

// addAssociations dials (as the sender) or accepts (as the receiver) the
// associations of a connection until its data channel dies. It does nothing if
// the peer does not support them.
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
				l.config.Logger.Debug("association not attached", "reason", err)
			}
		})
	})
}

// associations are those of one connection, at the sender.
type associations struct {
	link       *Link
	connection *webrtc.Conn
	channel    *session.Lane
	controller *growth.Controller
	auxiliary  bool // the controller is for associations beside tcp lanes
	dials      int  // so far
	failures   int  // in a row

	mu    sync.Mutex
	lanes []*session.Lane // all that were dialled, including dead ones
}

// keep dials associations and puts them on standby, so that as many carry data
// as the controller wants.
func (a *associations) keep(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(observeEvery)
	defer tick.Stop()
	for carrying := 0; ; {
		// A relayed connection waits until it has to take the place of the room.
		for a.connection.Relayed() && a.link.carries(wire.LaneRelay) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
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

// wanted returns how many associations should carry data. Beside tcp lanes the
// controller starts from none, and keeps only associations that add throughput.
func (a *associations) wanted(s growth.Sample) int {
	auxiliary := a.link.carries(wire.LaneTCP)
	switch {
	case a.controller != nil && auxiliary == a.auxiliary:
	case auxiliary:
		a.controller = growth.NewAuxiliary(maxAssociations)
	default:
		a.controller = growth.New(maxAssociations)
	}
	a.auxiliary = auxiliary
	return a.controller.Observe(s)
}

// dial dials up to n associations and waits until all have succeeded or failed.
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
				a.link.config.Logger.Debug("association failed", "reason", err)
				return
			}
			a.mu.Lock()
			a.lanes = append(a.lanes, a.link.Lane(id))
			a.mu.Unlock()
		})
	}
	dialling.Wait()
}

// living returns the associations that are up, oldest first.
func (a *associations) living() []*session.Lane {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.lanes), func(l *session.Lane) bool { return l.Err() != nil })
}

// remaining returns how many bytes are still to be sent, 0 if unknown.
func (l *Link) remaining() int64 {
	if l.options.Remaining == nil {
		return 0
	}
	return l.options.Remaining()
}
