package tallow

import (
	"context"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// handshakeTimeout bounds the handshake once both sides are in the room and the
// code is at stake.
const handshakeTimeout = 30 * time.Second

// withdrawTimeout bounds how long a sender that gives up tells the relay so.
const withdrawTimeout = 500 * time.Millisecond

// errLeftEarly: the other side left after it had used the code up.
var errLeftEarly = &Error{
	Kind:    KindCode,
	Message: "somebody tried the code and left before proving that they know it; the code is used up",
	Hint:    "Send again and give the new code to the receiver.",
}

// brokenHandshake: the relay was lost once the code was at stake.
func brokenHandshake(err error) error {
	return &Error{
		Kind:    KindNetwork,
		Message: "the connection to the relay broke in the middle of the handshake; the code is used up",
		Hint:    hintNewCode,
		Err:     err,
	}
}

// bound has the room closed when ctx ends, since a Read cannot be interrupted
// otherwise. The result undoes it, and is false if ctx has ended before.
func bound(ctx context.Context, room *rendezvous.Room) (release func() bool) {
	return context.AfterFunc(ctx, func() { _ = room.Close() })
}

// withdrawn is bound for a sender whom nobody has tried yet: the room is ended
// first, so that a receiver who comes too late hears so at once.
func withdrawn(ctx context.Context, room *rendezvous.Room) (release func() bool) {
	return context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
		defer cancel()
		_ = room.Withdraw(last)
		_ = room.Close()
	})
}

// orCause is what ended ctx, if it has ended, else err.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// awaitReceiver runs the sender's side of the handshake with whoever comes. The
// first attempt burns the code. A *rendezvous.LostError means that the relay
// was lost before that.
func (t *transferRun) awaitReceiver(ctx context.Context, room *rendezvous.Room, p handshake.Params) (*handshake.Secrets, error) {
	sender, err := handshake.NewSender(p)
	if err != nil {
		return nil, err
	}
	release := withdrawn(ctx, room)
	defer func() { release() }()
	buf := make([]byte, rendezvous.ReadSize)
	for burnt := false; ; {
		event, payload, err := room.Read(buf)
		switch {
		case err != nil && burnt && ctx.Err() == nil:
			return nil, brokenHandshake(err)
		case err != nil:
			return nil, orCause(ctx, err)
		case event == rendezvous.Joined:
			t.happen(peerArrived)
			continue
		case event == rendezvous.Left && burnt:
			return nil, errLeftEarly
		case event == rendezvous.Left:
			t.happen(peerLeft)
			continue
		case !burnt:
			// From the first attempt on there is not much time, and no second one.
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, handshakeTimeout)
			defer cancel()
			release()
			release = bound(ctx, room)
			burnt = true
			if err := answer(ctx, room, sender, payload); err != nil {
				return nil, orCause(ctx, err)
			}
			continue
		}
		m4, secrets, err := sender.HandleM3(payload)
		if err != nil {
			return nil, abort(ctx, room, err)
		}
		if err := room.Send(ctx, m4); err != nil {
			return nil, orCause(ctx, err)
		}
		if !release() {
			return nil, context.Cause(ctx)
		}
		return secrets, nil
	}
}

// answer burns the code and answers M1.
func answer(ctx context.Context, room *rendezvous.Room, sender *handshake.Sender, m1 []byte) error {
	if err := room.Burn(ctx); err != nil {
		return err
	}
	m2, err := sender.HandleM1(m1)
	if err != nil {
		return abort(ctx, room, err)
	}
	return room.Send(ctx, m2)
}

// abort tells the other side, as far as it can be told, and returns err.
func abort(ctx context.Context, room *rendezvous.Room, err error) error {
	if m := handshake.AbortMessage(err); m != nil {
		_ = room.Send(ctx, m)
	}
	if errors.Is(err, wire.ErrMalformed) {
		return &Error{
			Kind: KindCode, Message: "the handshake was disturbed; the code is used up",
			Hint: hintNewCode + " If it happens again, use another relay.", Err: err,
		}
	}
	return err
}

// greetSender runs the receiver's side of the handshake.
func (t *transferRun) greetSender(ctx context.Context, room *rendezvous.Room, p handshake.Params) (*handshake.Secrets, error) {
	receiver, m1, err := handshake.NewReceiver(p)
	if err != nil {
		return nil, err
	}
	release := bound(ctx, room)
	defer func() { release() }()
	buf := make([]byte, rendezvous.ReadSize)
	for tried, proved := false, false; ; {
		event, payload, err := room.Read(buf)
		switch {
		case err != nil && tried && ctx.Err() == nil:
			return nil, brokenHandshake(err)
		case err != nil:
			return nil, orCause(ctx, err)
		case event == rendezvous.Left && tried:
			return nil, &Error{Kind: KindNetwork, Message: "the sender left in the middle of the handshake; the code is used up", Hint: hintNewCode}
		case event == rendezvous.Left:
			continue
		case event == rendezvous.Joined:
			if tried {
				return nil, errors.New("the sender came twice")
			}
			t.happen(peerArrived)
			tried = true
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, handshakeTimeout)
			defer cancel()
			release()
			release = bound(ctx, room)
			if err := room.Send(ctx, m1); err != nil {
				return nil, orCause(ctx, err)
			}
			continue
		case !proved:
			m3, err := receiver.HandleM2(payload)
			if err != nil {
				return nil, abort(ctx, room, err)
			}
			proved = true
			if err := room.Send(ctx, m3); err != nil {
				return nil, orCause(ctx, err)
			}
			continue
		}
		secrets, err := receiver.HandleM4(payload)
		if err != nil {
			return nil, abort(ctx, room, err)
		}
		if !release() {
			return nil, context.Cause(ctx)
		}
		return secrets, nil
	}
}
