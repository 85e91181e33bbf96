package tallow

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// link is a session with all that connects it: the relayed lane at once, direct
// ones as they come up (direct.go, tcp.go, webrtc.go), and the way back when everything is lost
// (reconnect.go). It is the transfer's Session.
type link struct {
	*session.Session
	client *Client
	run    *transferRun
	role   role
	again  *reuniter

	ctx    context.Context // ends with close
	cancel context.CancelFunc
	giveUp context.CancelCauseFunc // ends the transfer, not the session that has to tell so
	wg     sync.WaitGroup
	seen   int // lanes that Attached has returned

	mu         sync.Mutex
	generation uint32                      // of the newest keys
	numbered   uint16                      // direct lanes of it, so far
	stun       string                      // of the newest room
	signals    map[uint32]chan wire.Signal // by the lanes that are being set up
	restarted  *reunion                    // with a receiver that was started again
	vain       wire.Lanes                  // kinds of direct lanes that were tried in vain
	tcp        *tcpLanes                   // nil where this side does not allow them

	telling  sync.Mutex         // held while lanes are told of, so that it is in order
	carrying map[wire.Lanes]int // lanes that carry data, of each kind
}

// role is which end of the transfer a link is. The sender also sets up direct
// lanes, and the receiver answers.
type role bool

const (
	sends    role = true
	receives role = false
)

// keys are the session's keys of this side.
func (r role) keys(s *handshake.Secrets) session.Keys {
	out, in := handshake.ReceiverToSender, handshake.SenderToReceiver
	if r == sends {
		out, in = in, out
	}
	return session.Keys{
		ControlOut: s.ControlSecret(out), ControlIn: s.ControlSecret(in),
		DataOut: s.DataSecret(out), DataIn: s.DataSecret(in),
	}
}

// connect starts a session with the other side, which has proved itself in the
// room. The link owns the room.
func (c *Client) connect(ctx context.Context, t *transferRun, with *reunion, r role, again *reuniter, giveUp context.CancelCauseFunc) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &link{
		Session: session.New(r.keys(with.secrets), session.Options{
			Allowed: c.lanes, Program: "tallow/" + c.version, Patience: again.patience,
		}),
		client: c, run: t, role: r, again: again, giveUp: giveUp, ctx: ctx, cancel: cancel,
		signals: make(map[uint32]chan wire.Signal), carrying: make(map[wire.Lanes]int),
	}
	err := l.enter(with.room)
	if err == nil && c.lanes&wire.LaneTCP != 0 {
		err = l.startTCP(with.secrets)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	l.wg.Go(l.dispatchSignals)
	l.wg.Go(l.watchConnection)
	l.wg.Go(l.keepMeeting)
	if r == sends && c.lanes&wire.LaneWebRTC != 0 {
		l.wg.Go(l.keepDiallingWebRTC)
	}
	return l, nil
}

// enter makes the room the session's relayed lane of the current generation.
func (l *link) enter(room *rendezvous.Room) error {
	l.mu.Lock()
	l.stun = room.STUN()
	id := session.LaneID(l.generation, 0)
	l.mu.Unlock()
	return l.attach(id, wire.LaneRelay, lane.NewRelayed(l.ctx, room))
}

// lossNotice is how long there is no lane before the person is told: shorter
// losses nobody notices, and at the end of a transfer the other side may be
// gone a little earlier.
const lossNotice = 500 * time.Millisecond

// watchConnection tells when the connection is lost and found again.
func (l *link) watchConnection() {
	for {
		if l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up == 0 }) != nil {
			return
		}
		brief, cancel := context.WithTimeout(l.ctx, lossNotice)
		err := l.AwaitLanes(brief, func(up wire.Lanes) bool { return up != 0 })
		cancel()
		if err == nil {
			continue
		}
		if l.ctx.Err() != nil || l.Err() != nil {
			return
		}
		l.run.happen(transfer.ConnectionLost)
		if l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up != 0 }) != nil {
			return
		}
		l.run.happen(transfer.PeerAuthenticated)
		if l.run.pause.Paused() {
			l.run.happen(transfer.PausedByOne)
		}
	}
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

// Receive returns the next control message, and notes the acceptance of the offer.
func (l *link) Receive(ctx context.Context) ([]byte, error) {
	m, err := l.Session.Receive(ctx)
	if t, ok := wire.TypeOf(m); err == nil && ok && t == wire.TypeAccept {
		l.run.accept()
	}
	return m, err
}

// attach gives the session a lane and tells when lanes of its kind begin and
// cease to carry.
func (l *link) attach(id uint32, kind wire.Lanes, c session.Carrier) error {
	if l.client.tamper != nil {
		c = l.client.tamper(id, c)
	}
	attached, err := l.Attach(id, kind, c)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.vain &^= kind
	l.mu.Unlock()
	l.wg.Go(func() {
		for attached.Ready(l.ctx) == nil {
			l.carries(kind, 1)
			err := attached.Relieved(l.ctx)
			if errors.Is(err, context.Canceled) || attached.Err() != nil && l.endsSoon() {
				return // the end of the transfer is not a lane's failure
			}
			l.carries(kind, -1)
			l.client.log.Debug("lane no longer carries", "lane", laneName(kind), "reason", attached.Err())
		}
	})
	return nil
}

// carries counts the lanes of a kind that carry, and tells of the first and the
// last: how many connections there are is nobody's business.
func (l *link) carries(kind wire.Lanes, change int) {
	l.telling.Lock()
	defer l.telling.Unlock()
	before := l.carrying[kind]
	l.carrying[kind] += change
	if before == 0 || l.carrying[kind] == 0 {
		l.run.tell(LaneEvent{Lane: laneName(kind), Up: change > 0})
	}
}

// carry says whether a lane of a kind carries data.
func (l *link) carry(kind wire.Lanes) bool {
	l.telling.Lock()
	defer l.telling.Unlock()
	return l.carrying[kind] > 0
}

// endsSoon says whether the session ends within the time in which nobody is told
// of a loss. Where a lane has died, the other side may only have finished first.
func (l *link) endsSoon() bool {
	timer := time.NewTimer(lossNotice)
	defer timer.Stop()
	select {
	case <-l.Done():
	case <-l.ctx.Done():
	case <-timer.C:
		return false
	}
	return true
}
