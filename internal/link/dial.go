package link

import (
	"context"
	"errors"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// Dial joins the room of a code and runs the receiver's side of the handshake
// with the sender in it. The first message burns the code, whatever the outcome,
// and a code that failed is not tried again. If the sender is not there yet, Dial
// waits for it until ctx ends.
//
// Errors: ErrTriedBefore; *WordCountError; *HandshakeError and those of package
// handshake, after which the code is burnt; ErrNoRelay and *RelayNameError; those
// of rendezvous.Client.Join and of LocalNetwork.Join, where RoomUnknown comes only
// at the deadline of ctx; ctx's cause.
func Dial(ctx context.Context, c Config, k code.Code, o MeetingObserver) (*Peer, error) {
	if c.triedBefore(vault.FailedCode{Words: k.Secret(), Nameplate: k.Nameplate}) {
		return nil, ErrTriedBefore
	}
	retry := newRetry(reconnectFirst, reconnectLongest)
	for {
		room, at, err := c.joinRoom(ctx, k, o)
		if err != nil {
			if errors.Is(ctx.Err(), context.Canceled) {
				err = context.Cause(ctx)
			}
			return nil, err
		}
		if want := room.Words(); want != 0 && want != len(k.Words) {
			_ = room.Close()
			return nil, &WordCountError{Have: len(k.Words), Want: want}
		}
		p, err := authenticate(ctx, room, at, k, o)
		if err == nil {
			return p, nil
		}
		_ = room.Close()
		if ctx.Err() != nil || !isRelayLoss(err) {
			return nil, err
		}
		// The relay moved the room, or broke, before a message was sent in it. If the
		// room cannot be joined again, that is the error.
		o.PeerLeft()
		if retry.wait(ctx, nil) != nil {
			return nil, err
		}
	}
}

// authenticate runs the receiver's side of the handshake with a code.
func authenticate(ctx context.Context, room *rendezvous.Room, at location, k code.Code, o HandshakeObserver) (*Peer, error) {
	receiver, err := handshake.NewReceiver(handshake.Params{Words: k.Secret(), Nameplate: k.Nameplate, SenderNonce: room.Nonce()})
	if err != nil {
		return nil, err
	}
	d := driver{
		room: room, exchange: receiver, observer: o, role: Receiver,
		timeout: handshakeTimeout, abandon: leave,
	}
	result, err := d.drive(ctx)
	if err != nil {
		if receiver.Interrupted() != nil { // the first message was sent
			at.config.rememberTried(vault.FailedCode{Words: k.Secret(), Nameplate: k.Nameplate})
		}
		return nil, err
	}
	return newPeer(at, Receiver, room, result)
}

// triedBefore reports whether this receiver has tried a code without success.
func (c Config) triedBefore(k vault.FailedCode) bool {
	if c.FailedCodes == nil {
		return false
	}
	failed, err := c.FailedCodes.Has(k)
	if err != nil {
		c.Logger.Warn("cannot read the codes that failed before", "reason", err)
	}
	return failed
}

// rememberTried records a code that failed.
func (c Config) rememberTried(k vault.FailedCode) {
	if c.FailedCodes == nil {
		return
	}
	if err := c.FailedCodes.Add(k); err != nil {
		c.Logger.Warn("cannot record a code that failed", "reason", err)
	}
}
