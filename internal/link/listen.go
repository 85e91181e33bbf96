package link

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/tallow-transfer/tallow/internal/code"
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
	words  code.Code  // only its words are used
	nonce  [16]byte   // of the room
	local  LocalRelay // nil unless the relay is in this process
}

// Listen opens a room for a code at the configured relay, or at one in this
// process. If the nameplate is empty, the relay chooses it. The Listener must be
// closed.
//
// Errors: ErrNoRelay, *RelayNameError, those of LocalNetwork.Serve and of
// rendezvous.Client.Open.
func Listen(ctx context.Context, c Config, k code.Code) (*Listener, error) {
	l := &Listener{words: k}
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
	l.client = rendezvous.New(l.at.endpoint, l.at.relayOptions())
	l.room, err = l.client.Open(ctx, rendezvous.OpenRequest{Nonce: l.nonce, Nameplate: k.Nameplate, Words: len(k.Words)})
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

// Page returns the address of the relay's page for browsers; empty if there is none
// that works on other machines.
func (l *Listener) Page(ctx context.Context) string {
	if l.Local() {
		return ""
	}
	return l.client.Page(ctx)
}

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
// before that, the room is joined again, or opened again if the relay no longer
// has it.
//
// Errors: *HandshakeError and those of package handshake, after which the code
// is burnt; those of a rendezvous.Room; ctx's cause.
func (l *Listener) Accept(ctx context.Context, o MeetingObserver) (*Peer, error) {
	sender, err := l.newSender()
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
		if !isRelayLoss(err) || sender.Interrupted() != nil {
			return nil, err
		}
		o.PeerLeft() // a receiver that was in the room has to join again
		reopened, err := l.rejoin(ctx, o)
		if err != nil {
			return nil, err
		}
		if reopened {
			// The old Sender has answered no receiver, so the new one may.
			if sender, err = l.newSender(); err != nil {
				return nil, err
			}
		}
	}
}

// newSender makes the sender's side of the handshake for the room. There is one
// for all joins of a room: it answers one receiver, whatever the relay does.
func (l *Listener) newSender() (*handshake.Sender, error) {
	return handshake.NewSender(handshake.Params{Words: l.words.Secret(), Nameplate: l.at.nameplate, SenderNonce: l.nonce})
}

// isRelayLoss says whether the connection to the relay broke or the relay shut
// down before the code was burnt.
func isRelayLoss(err error) bool {
	var used *HandshakeError
	var lost *rendezvous.LostError
	var refused *rendezvous.RelayError
	switch {
	case errors.As(err, &used):
		return false
	case errors.As(err, &lost):
		return true
	}
	return errors.As(err, &refused) && (refused.Code == wire.RoomClosing || refused.Code == wire.RoomUnavailable)
}
