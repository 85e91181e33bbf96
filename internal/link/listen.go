package link

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Listener is the sender in the room of its code. It owns the relay if that is
// in this process.
type Listener struct {
	at     location
	client *rendezvous.Client
	room   *rendezvous.Room
	nonce  [16]byte
	local  LocalRelay // nil unless the relay is in this process
}

// Listen opens a room at the configured relay, or at one in this process. If the
// nameplate is empty, the relay chooses it. The Listener must be closed.
//
// Errors: ErrNoRelay, *RelayNameError, those of LocalNetwork.Serve and of
// rendezvous.Client.Open.
func Listen(ctx context.Context, c Config, nameplate string) (*Listener, error) {
	l := &Listener{}
	_, _ = rand.Read(l.nonce[:]) // never fails (Go 1.24)
	var err error
	if l.at, err = c.named(c.Relay, ""); err != nil {
		return nil, err
	}
	if l.at.isLocal() {
		if l.local, err = c.Local.Serve(ctx); err != nil {
			return nil, err
		}
		l.at.endpoint = l.local.Endpoint()
	}
	l.client = rendezvous.New(l.at.endpoint, c.relayOptions())
	l.room, err = l.client.Open(ctx, rendezvous.OpenRequest{Nonce: l.nonce, Nameplate: nameplate})
	if err != nil {
		_ = l.closeLocal()
		return nil, err
	}
	l.at.nameplate = l.room.Nameplate()
	if l.local != nil {
		if err := l.local.Announce(ctx, l.at.nameplate); err != nil {
			c.Logger.Warn("cannot announce the sender by mDNS", "reason", err)
		}
	}
	return l, nil
}

// Nameplate returns the nameplate of the room.
func (l *Listener) Nameplate() string { return l.at.nameplate }

// Local reports whether the relay is in this process, so that only machines on
// this network can join.
func (l *Listener) Local() bool { return l.local != nil }

// Close leaves the room, also for a Peer that Accept returned, and closes a relay
// in this process.
func (l *Listener) Close() error {
	return errors.Join(l.room.Close(), l.closeLocal())
}

func (l *Listener) closeLocal() error {
	if l.local == nil {
		return nil
	}
	return l.local.Close()
}

// Accept waits until a receiver proves that it knows the words. The first attempt
// burns the code, whatever the outcome. If the connection to the relay breaks
// before that, the room is joined again.
//
// Errors: *HandshakeError and those of package handshake, after which the code
// is burnt; those of a rendezvous.Room; ctx's cause.
func (l *Listener) Accept(ctx context.Context, words string, o HandshakeObserver) (*Peer, error) {
	// One Sender for all joins: it answers one receiver, whatever the relay does.
	sender, err := handshake.NewSender(handshake.Params{Words: words, Nameplate: l.at.nameplate, SenderNonce: l.nonce})
	if err != nil {
		return nil, err
	}
	for {
		d := driver{
			room: l.room, exchange: sender, observer: o, role: Sender,
			timeout: handshakeTimeout, abandon: withdraw,
		}
		result, err := d.drive(ctx)
		if err == nil {
			return newPeer(l.at, Sender, l.room, result)
		}
		var used *HandshakeError
		var lost *rendezvous.LostError
		if errors.As(err, &used) || !errors.As(err, &lost) {
			return nil, err
		}
		o.PeerLeft() // a receiver that was in the room has to join again
		if err := l.rejoin(ctx); err != nil {
			return nil, err
		}
	}
}

// rejoin joins the room again after the connection to the relay broke. It tries
// until ctx ends or the relay no longer has the room.
func (l *Listener) rejoin(ctx context.Context) error {
	retry := newRetry(reconnectFirst, reconnectLongest)
	for {
		room, err := l.client.Rejoin(ctx, l.room)
		var refused *rendezvous.RelayError
		switch {
		case err == nil:
			_ = l.room.Close()
			l.room = room
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &refused) && refused.Code != wire.RoomRate && refused.Code != wire.RoomClosing:
			return err
		}
		if err := retry.wait(ctx, nil); err != nil {
			return err
		}
	}
}
