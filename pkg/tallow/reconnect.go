package tallow

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// DefaultWait is how long a transfer that has lost every connection waits for
// the other side to come back.
const DefaultWait = 10 * time.Minute

// How often the way back to the relay is tried.
const (
	meetFirst  = 250 * time.Millisecond
	meetLatest = 5 * time.Second
	// resumeTimeout bounds one attempt once both are there; nothing is used up
	// by it, and another follows.
	resumeTimeout = 10 * time.Second
)

// reunion is a room in which the other side has proved itself again.
type reunion struct {
	room        *rendezvous.Room
	secrets     *handshake.Secrets
	generation  uint32
	incarnation [16]byte // of the receiver's process
}

// keepMeeting keeps the session's relayed lane: when it is lost, both sides go
// to the session's resume room and prove themselves anew. Meanwhile a direct
// lane may go on working, and nobody notices.
func (l *link) keepMeeting() {
	for {
		if l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up&wire.LaneRelay == 0 }) != nil {
			return
		}
		l.client.log.Debug("the relayed lane is lost")
		found := l.meetAgain()
		if found == nil {
			return
		}
		l.mu.Lock()
		l.generation, l.numbered = found.generation, 0
		l.mu.Unlock()
		if err := l.Renew(found.generation, l.role.keys(found.secrets)); err != nil {
			_ = found.room.Close()
			continue
		}
		if err := l.enter(found.room); err != nil {
			return
		}
		l.renewTCP(found)
	}
}

// meetAgain tries until the other side is found; nil when the link has ended,
// or when the receiver has no memory of the transfer any more.
func (l *link) meetAgain() *reunion {
	for attempt, wait := 1, meetFirst; ; attempt, wait = attempt+1, min(2*wait, meetLatest) {
		room, err := l.again.sit(l.ctx)
		if err == nil {
			wait = meetFirst
			var found *reunion
			found, err = l.again.in(l.ctx, room)
			switch {
			case err == nil && found.incarnation == l.again.incarnation:
				return found
			case err == nil:
				l.again.incarnation = found.incarnation
				l.restart(found)
				return nil
			}
			_ = room.Close()
		}
		if l.ctx.Err() != nil {
			return nil
		}
		l.client.log.Debug("not met yet", "reason", err)
		l.tellAttempt(attempt)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.Done():
			timer.Stop()
			return nil
		case <-l.ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// tellAttempt tells that this side still tries, where nothing else carries and
// it has been for long enough that people know.
func (l *link) tellAttempt(n int) {
	now, cancel := context.WithCancel(l.ctx)
	cancel() // as it stands, without waiting
	if l.AwaitLanes(now, func(up wire.Lanes) bool { return up == 0 }) == nil && l.run.reconnecting() {
		l.run.Stalled(fmt.Sprintf("no lane is up, reconnecting %d/∞", n+1))
	}
}

// awaitRoom waits for a receiver whose disk is full to come back: as a new process
// with the same code, which ends this session (restart). The error is for when it
// does not.
func (l *link) awaitRoom(ctx context.Context, ended *transfer.Cancelled) error {
	reason := "the other side's disk is full"
	if ended.Text != "" {
		reason = "the other side cannot go on: " + ended.Text
	}
	l.run.happenFor(transfer.ConnectionLost, reason)
	timer := time.NewTimer(l.again.patience) // it may not leave, whatever it says
	defer timer.Stop()
	select {
	case <-l.Done():
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return &Error{
		Kind: KindNetwork, Message: reason + ", and it did not come back in time",
		Hint: hintResume, Err: ended,
	}
}

// restart ends this session in favour of one with the receiver's new process.
func (l *link) restart(found *reunion) {
	l.mu.Lock()
	l.restarted = found
	l.mu.Unlock()
	_ = l.Session.Close()
}

// takeRestarted is the reunion for which the session was ended, if it was.
func (l *link) takeRestarted() *reunion {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.restarted
	l.restarted = nil
	return found
}

// reuniter finds the other side of a session again, however often it is lost:
// it knows where they meet, and runs the resume handshake of its side.
type reuniter struct {
	sit      func(ctx context.Context) (*rendezvous.Room, error) // in the resume room
	patience time.Duration
	params   handshake.ResumeParams

	acceptor *handshake.ResumeAcceptor // the sender's; nil on the receiving side
	// Of the receiver's process: the receiver's own, or the one that the sender
	// has a session with.
	incarnation [16]byte
	generation  uint32 // the receiver's, of the latest attempt
}

// whereabouts finds the relay where the two sides meet.
type whereabouts func(ctx context.Context) (rendezvous.Endpoint, error)

// reuniter is for the session that begins with the handshake of secrets.
func (c *Client) reuniter(secrets *handshake.Secrets, r role, patience time.Duration, at whereabouts) (*reuniter, error) {
	u := c.newReuniter(handshake.ResumeParams{Secret: secrets.ResumeSecret(), Room: secrets.ResumeRoom()}, patience, at)
	first, err := secrets.Export("incarnation", len(u.incarnation))
	if err != nil {
		return nil, err
	}
	copy(u.incarnation[:], first)
	if r == sends {
		u.acceptor, err = handshake.NewResumeAcceptor(u.params)
	}
	return u, err
}

func (c *Client) newReuniter(p handshake.ResumeParams, patience time.Duration, at whereabouts) *reuniter {
	var peer [16]byte // names this process to the relay
	_, _ = rand.Read(peer[:])
	return &reuniter{
		patience: cmp.Or(patience, DefaultWait),
		params:   p,
		sit: func(ctx context.Context) (*rendezvous.Room, error) {
			endpoint, err := at(ctx)
			if err != nil {
				return nil, err
			}
			return rendezvous.New(endpoint, c.version).Resume(ctx, p.Room, peer)
		},
	}
}

// in waits in the resume room until the other side is there and has proved
// itself.
func (r *reuniter) in(ctx context.Context, room *rendezvous.Room) (*reunion, error) {
	release := bound(ctx, room)
	meet := r.ask
	if r.acceptor != nil {
		meet = r.accept
	}
	found, err := meet(ctx, room)
	if !release() {
		return nil, context.Cause(ctx)
	}
	return found, err
}

// ask is the receiver's side: it speaks whenever the other one comes in.
func (r *reuniter) ask(ctx context.Context, room *rendezvous.Room) (*reunion, error) {
	var resumer *handshake.Resumer
	var patience *time.Timer
	buf := make([]byte, rendezvous.ReadSize)
	for {
		event, payload, err := room.Read(buf)
		switch {
		case err != nil:
			return nil, err
		case event == rendezvous.Left:
			resumer = nil
		case event == rendezvous.Joined:
			var q1 []byte
			r.generation++
			if resumer, q1, err = handshake.NewResumer(r.params, r.incarnation, r.generation); err != nil {
				return nil, err
			}
			if patience == nil {
				patience = time.AfterFunc(resumeTimeout, func() { _ = room.Close() })
				defer patience.Stop()
			}
			if err := room.Send(ctx, q1); err != nil {
				return nil, err
			}
		case resumer != nil:
			q3, secrets, err := resumer.HandleQ2(payload)
			if err != nil {
				return nil, err
			}
			if err := room.Send(ctx, q3); err != nil {
				return nil, err
			}
			return &reunion{room: room, secrets: secrets, generation: r.generation, incarnation: r.incarnation}, nil
		}
	}
}

// accept is the sender's side: it answers.
func (r *reuniter) accept(ctx context.Context, room *rendezvous.Room) (*reunion, error) {
	buf := make([]byte, rendezvous.ReadSize)
	for answered := false; ; {
		event, payload, err := room.Read(buf)
		if err != nil {
			return nil, err
		}
		if event != rendezvous.Message {
			continue
		}
		if answered {
			found, err := r.acceptor.HandleQ3(payload)
			if err == nil {
				return &reunion{room: room, secrets: found.Secrets, generation: found.Generation, incarnation: found.Incarnation}, nil
			}
			answered = false
			if !errors.Is(err, wire.ErrMalformed) {
				return nil, err
			}
		}
		q2, err := r.acceptor.HandleQ1(payload)
		if err != nil {
			return nil, err
		}
		if err := room.Send(ctx, q2); err != nil {
			return nil, err
		}
		answered = true
	}
}
