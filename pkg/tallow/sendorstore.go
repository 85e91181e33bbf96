package tallow

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// FallbackEvent says that a SendOrStore stores what it could not send.
type FallbackEvent struct{ Reason FallbackReason }

func (FallbackEvent) event() {}

// FallbackReason says why something is stored instead of sent.
type FallbackReason string

// The reasons to store something instead.
const (
	FallbackNobody     FallbackReason = "nobody"     // no receiver came in time
	FallbackConnection FallbackReason = "connection" // there was no connection to the receiver
)

// SendOrStore is Send until nobody has come for that long, or there was no connection by
// which anything could be sent; then it is Store of the same things. A receiver that
// comes meanwhile is told so, with ReasonPeerStored. The relay has to have a store, which
// is found out at first.
//
// Of stored what is in both options counts as s has it. SendOptions.PeerTimeout has no
// effect. Errors are those of Send and of Store.
func (c *Client) SendOrStore(ctx context.Context, s SendOptions, after time.Duration, stored StoreOptions) (Result, error) {
	t := newRun(true, s.OnEvent, s.Controls)
	r, err := c.sendOrStore(ctx, t, s, after, stored)
	return t.end(ctx, r, err)
}

func (c *Client) sendOrStore(ctx context.Context, t *transferRun, s SendOptions, after time.Duration, o StoreOptions) (Result, error) {
	o.Paths, o.Stream, o.Text, o.Source, o.StreamName = s.Paths, s.Stream, s.Text, s.Source, s.StreamName
	o.Links, o.RenameUnsafe, o.Rules, o.GitIgnore = s.Links, s.RenameUnsafe, s.Rules, s.GitIgnore
	o.ReconnectTimeout, o.LimitRate = s.ReconnectTimeout, s.LimitRate
	if err := o.check(); err != nil {
		return Result{}, err
	}
	store, err := c.ownStore()
	if err != nil {
		return Result{}, err
	}
	defer store.Close()
	w, err := c.await(ctx, t, s, func() error { return c.checkStore(ctx, store, o) })
	if err != nil {
		return Result{}, err
	}
	defer w.close()

	accepting, stop := context.WithCancel(ctx)
	m := &meeting{met: make(chan struct{}), joined: &joinedEvents{meetingEvents: w.events}}
	var meeting sync.WaitGroup
	defer meeting.Wait()
	defer stop()
	meeting.Go(func() {
		defer close(m.met)
		m.peer, m.err = w.listener.Accept(accepting, m.joined)
	})
	fallback := FallbackNobody
	if m.wait(ctx, after) {
		if m.err != nil {
			return Result{}, m.err
		}
		r, err := c.sendTo(ctx, t, s, w.source, m.peer)
		if !t.unconnected(ctx, err) {
			return r, err
		}
		fallback = FallbackConnection
	} else {
		meeting.Go(func() {
			if <-m.met; m.err == nil {
				c.tellStored(accepting, w, m.peer)
			}
		})
	}
	t.stored, t.keeps = true, false
	t.tell(FallbackEvent{fallback})
	return c.storeSource(ctx, t, o, w.source, store)
}

// unconnected reports whether a Send has ended without a connection by which anything
// could be sent.
func (t *transferRun) unconnected(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || t.progress.SentTotal() > 0 {
		return false
	}
	return explain(ctx, err).Kind == KindNetwork
}

// meeting is how a sender meets its receiver, in a goroutine of its own.
type meeting struct {
	joined *joinedEvents
	met    chan struct{} // closed when these are set
	peer   *link.Peer
	err    error
}

// handshakeGrace is how long a receiver that has joined just before the end of the wait
// gets to prove itself.
const handshakeGrace = 20 * time.Second

// wait waits until a receiver was met, or nobody has come in time.
func (m *meeting) wait(ctx context.Context, after time.Duration) (met bool) {
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-m.met:
		return true
	case <-ctx.Done():
		<-m.met // which ends with ctx, too
		return true
	case <-timer.C:
	}
	if !m.joined.now() {
		return false
	}
	timer.Reset(handshakeGrace)
	select {
	case <-m.met:
		return true
	case <-timer.C:
		return false
	}
}

// tellStored tells a receiver that came too late where the things are.
func (c *Client) tellStored(ctx context.Context, w *waitingSend, peer *link.Peer) {
	l, err := peer.Connect(ctx, link.Options{Observer: unobserved{}, NoPath: func() {}, Remaining: func() int64 { return 0 }})
	if err != nil {
		c.log.Info("a receiver that came too late could not be told", "reason", err)
		return
	}
	defer l.Close()
	_, err = transfer.Send(ctx, transferSession{l}, w.source, transfer.SendOptions{
		Confirm:  func(context.Context) error { return transfer.ErrStored },
		Offered:  func(wire.Offer) {},
		Accepted: func(bool) {},
		Observer: unobserved{}, Progress: &transfer.Progress{}, Pause: &transfer.Pause{},
	})
	if err != nil && !errors.Is(err, transfer.ErrStored) {
		c.log.Info("a receiver that came too late could not be told", "reason", err)
	}
}

// joinedEvents knows whether a receiver is in the room.
type joinedEvents struct {
	meetingEvents
	mu   sync.Mutex
	here bool
}

func (e *joinedEvents) set(here bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.here = here
}

func (e *joinedEvents) now() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.here
}

// PeerJoined implements link.HandshakeObserver.
func (e *joinedEvents) PeerJoined() {
	e.set(true)
	e.meetingEvents.PeerJoined()
}

// PeerLeft implements link.HandshakeObserver.
func (e *joinedEvents) PeerLeft() {
	e.set(false)
	e.meetingEvents.PeerLeft()
}

// unobserved observes a link and a transfer of which nobody hears.
type unobserved struct{}

// LaneUp implements link.Observer, as the next ones do.
func (unobserved) LaneUp(wire.Lanes, link.LaneReason, netip.Addr) {}

// LaneDown implements link.Observer.
func (unobserved) LaneDown(wire.Lanes) {}

// Disconnected implements link.Observer.
func (unobserved) Disconnected() {}

// Reconnecting implements link.Observer.
func (unobserved) Reconnecting(int) {}

// Reconnected implements link.Observer.
func (unobserved) Reconnected() {}

// FileDone implements transfer.Observer, as the next ones do.
func (unobserved) FileDone(transfer.Placed) {}

// LeftOut implements transfer.Observer.
func (unobserved) LeftOut(_, _ string) {}

// Kept implements transfer.Observer.
func (unobserved) Kept(_, _ string) {}

// FileFailed implements transfer.Observer.
func (unobserved) FileFailed(string, wire.Outcome, string) {}

// PauseChanged implements transfer.Observer.
func (unobserved) PauseChanged(bool) {}

// Stalled implements transfer.Observer.
func (unobserved) Stalled(transfer.StallReason) {}
