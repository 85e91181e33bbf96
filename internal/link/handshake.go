package link

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	// handshakeTimeout bounds a handshake with a code, from its first message on.
	handshakeTimeout = 30 * time.Second
	// resumeTimeout bounds the handshake of a resumption. It burns no code, so
	// another attempt follows.
	resumeTimeout = 10 * time.Second
	// withdrawTimeout bounds how long a sender that gives up takes to tell the
	// relay.
	withdrawTimeout = 500 * time.Millisecond
)

// handshakeRoom is what a handshake needs of a rendezvous.Room.
type handshakeRoom interface {
	Read(buf []byte) (rendezvous.Event, []byte, error)
	Send(ctx context.Context, payload []byte) error
	Burn(ctx context.Context) error
	Withdraw(ctx context.Context) error
	Close() error
}

// driver runs one side of a handshake in a room, with the peer that joins it. It
// serves both handshakes and both roles: the exchange knows who sends first,
// which message burns a code, and whether another run may follow one that was
// interrupted.
//
//	waiting --first message sent or received--> running --the peer has proved itself--> done
//	running --the peer leaves--> interrupted: an error, or waiting again
//	waiting, running --the connection breaks, ctx ends, a message is wrong--> an error
type driver struct {
	room     handshakeRoom
	exchange handshake.Exchange
	observer HandshakeObserver
	role     Role
	timeout  time.Duration // of a run, from its first message on
	// abandon leaves or ends the room when ctx ends before a run has begun.
	abandon func(ctx context.Context, room handshakeRoom)

	ctx context.Context // the caller's
	run run
}

// run is one run of the exchange, or the wait for it.
type run struct {
	begun   bool
	ctx     context.Context // ends with the caller's, or when the run takes too long
	cancel  context.CancelFunc
	release func() bool // stops ctx from closing the room; false if it is too late
}

// drive returns the result once the peer has proved itself. The caller must
// close the room in any case.
func (d *driver) drive(ctx context.Context) (*handshake.Result, error) {
	d.ctx = ctx
	d.wait()
	defer func() { d.run.stop() }()
	buf := make([]byte, rendezvous.ReadSize)
	for {
		event, payload, err := d.room.Read(buf)
		if err != nil {
			return nil, d.broken(err)
		}
		if d.run.begun && event != rendezvous.Message {
			if err := d.interrupted(FailurePeerLeft, nil); err != nil {
				return nil, err
			}
			d.run.stop()
			d.wait()
		}
		switch event {
		case rendezvous.Joined:
			d.observer.PeerJoined()
			if err := d.start(); err != nil {
				return nil, err
			}
		case rendezvous.Left:
			d.observer.PeerLeft()
		case rendezvous.Message:
			result, err := d.handle(payload)
			if err != nil {
				return nil, err
			}
			if result == nil {
				continue
			}
			if !d.run.release() {
				return nil, d.broken(context.Cause(d.run.ctx))
			}
			return result, nil
		}
	}
}

// wait prepares for the next run.
func (d *driver) wait() {
	ctx, room, abandon := d.ctx, d.room, d.abandon
	d.run = run{
		ctx: ctx, cancel: func() {},
		release: context.AfterFunc(ctx, func() { abandon(ctx, room) }),
	}
}

// begin starts the timeout of a run.
func (d *driver) begin() {
	d.run.release()
	room := d.room
	d.run.begun = true
	d.run.ctx, d.run.cancel = context.WithTimeout(d.ctx, d.timeout)
	d.run.release = context.AfterFunc(d.run.ctx, func() { _ = room.Close() })
}

func (r *run) stop() {
	r.release()
	r.cancel()
}

// start sends the first message, if this side is the one that sends it.
func (d *driver) start() error {
	first, err := d.exchange.Start()
	if err != nil || first == nil {
		return err
	}
	d.begin()
	return d.send(first)
}

// handle processes a message of the peer and sends the reply. The result is nil
// until the handshake is complete.
func (d *driver) handle(m []byte) (*handshake.Result, error) {
	burns := d.exchange.BurnsCode()
	if !d.run.begun {
		d.begin()
	}
	if burns {
		if err := d.room.Burn(d.run.ctx); err != nil {
			// The relay may have burnt the code already, so no receiver could join
			// again.
			return nil, d.failure(FailureRelayLost, err)
		}
	}
	reply, result, err := d.exchange.Handle(m)
	switch {
	case errors.Is(err, handshake.ErrOrder):
		return nil, nil // no run expects this message
	case err != nil:
		if abort := handshake.AbortMessage(err); abort != nil {
			_ = d.room.Send(d.run.ctx, abort) // best effort
		}
		if errors.Is(err, wire.ErrMalformed) {
			return nil, cmp.Or(d.interrupted(FailureMalformed, err), err)
		}
		return nil, err
	case reply != nil:
		if err := d.send(reply); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (d *driver) send(m []byte) error {
	if err := d.room.Send(d.run.ctx, m); err != nil {
		return d.broken(err)
	}
	return nil
}

// broken returns the error of a wait or a run that the room or a timeout ended.
func (d *driver) broken(err error) error {
	failure := FailureRelayLost
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case d.run.ctx.Err() != nil:
		failure, err = FailureTimeout, context.Cause(d.run.ctx)
	}
	return cmp.Or(d.interrupted(failure, err), err)
}

// interrupted returns the error of a run that was interrupted; nil if another
// run may follow.
func (d *driver) interrupted(f HandshakeFailure, cause error) error {
	if d.exchange.Interrupted() == nil {
		return nil
	}
	return d.failure(f, cause)
}

func (d *driver) failure(f HandshakeFailure, cause error) error {
	return &HandshakeError{Failure: f, Role: d.role, Err: cause}
}

// withdraw ends the room of a sender whose code is unused, so that a receiver
// who comes too late is told at once.
func withdraw(ctx context.Context, room handshakeRoom) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
	defer cancel()
	_ = room.Withdraw(last)
	_ = room.Close()
}

// leave leaves a room in which no message was exchanged.
func leave(_ context.Context, room handshakeRoom) { _ = room.Close() }
