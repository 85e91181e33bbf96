package link

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// rejoin joins the room again after the connection to the relay broke. If the
// relay was restarted and no longer has it, rejoin opens a new room: no receiver
// has tried the words, so the code is not burnt. It tries until ctx ends, and
// says whether the room is new.
func (l *Listener) rejoin(ctx context.Context, o MeetingObserver) (reopened bool, err error) {
	retry := newRetry(reconnectFirst, reconnectLongest)
	wanted := l.at.nameplate
	var known error // the last error of the relay
	for {
		var room *rendezvous.Room
		if reopened {
			room, err = l.reopen(ctx, wanted)
		} else {
			room, err = l.client.Rejoin(ctx, l.room)
		}
		var least time.Duration
		var refused *rendezvous.RelayError
		_ = errors.As(err, &refused)
		switch {
		case err == nil:
			l.enter(room, o, known != nil)
			return reopened, nil
		case ctx.Err() != nil:
			return false, endOf(ctx, cmp.Or(known, context.Cause(ctx)))
		case refused == nil:
		case l.local == nil && !reopened && (refused.Code == wire.RoomUnknown || refused.Code == wire.RoomTicket):
			reopened = true
			continue
		case reopened && refused.Code == wire.RoomTaken && wanted != "":
			wanted = ""
			continue
		case !refused.Code.Temporary() && (!reopened || refused.Code != wire.RoomFull):
			return false, err
		default:
			least = refused.RetryAfter
		}
		if known == nil {
			o.Waiting(Waiting{Reason: WaitRelayLost, Relay: l.at.name, Nameplate: l.at.nameplate, Err: err})
		}
		known = err
		if retry.waitAtLeast(ctx, least) != nil {
			return false, endOf(ctx, known)
		}
	}
}

// reopen opens a new room, with a nonce of its own.
func (l *Listener) reopen(ctx context.Context, nameplate string) (*rendezvous.Room, error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails (Go 1.24)
	room, err := l.client.Open(ctx, rendezvous.OpenRequest{Nonce: nonce, Nameplate: nameplate, Words: len(l.words.Words)})
	if err == nil {
		l.nonce = nonce
	}
	return room, err
}

// enter continues in another room, or in the same room over another connection.
// reported says whether the observer heard that the connection was lost.
func (l *Listener) enter(room *rendezvous.Room, o MeetingObserver, reported bool) {
	_ = l.room.Close()
	l.room = room
	if reported {
		o.Waiting(Waiting{Reason: WaitRelayBack, Relay: l.at.name, Nameplate: room.Nameplate()})
	}
	if room.Nameplate() != l.at.nameplate {
		l.at.nameplate = room.Nameplate()
		o.NameplateChanged(l.at.nameplate)
	}
}
