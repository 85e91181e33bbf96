package lan

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/nearby"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// findTimeout is how long Find looks for a sender that was there before.
const findTimeout = 5 * time.Second

// joinTimeout is how long a join at the first address of a sender may take
// before all its addresses are tried.
const joinTimeout = time.Second

// Join implements link.LocalNetwork. To save time it joins at the first address
// that answers while it still waits for other answers. A join burns no code, so
// the room can be left again.
func (n Network) Join(ctx context.Context, nameplate string) (*rendezvous.Room, error) {
	joining, cancel := context.WithCancel(ctx)
	defer cancel()
	var first earlyJoin
	defer first.discard()
	found, err := n.find(ctx, nameplate, func(at netip.AddrPort) { first.join(joining, n, at, nameplate) })
	if err != nil {
		cancel()
		return nil, err
	}
	timer := time.AfterFunc(joinTimeout, cancel)
	room := first.take()
	timer.Stop()
	if room != nil {
		return room, nil
	}
	room, err = n.joinAt(ctx, found, nameplate)
	var refused *rendezvous.RelayError
	switch {
	case err == nil || errors.As(err, &refused) && refused.Code != wire.RoomUnknown:
		return room, err
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, context.Cause(ctx)
	}
	return nil, &link.SenderUnreachableError{Nameplate: nameplate, Err: err}
}

// joinAt joins the room at the first of all addresses at which a relay answers.
func (n Network) joinAt(ctx context.Context, found []rendezvous.Endpoint, nameplate string) (*rendezvous.Room, error) {
	at, err := rendezvous.First(ctx, found, n.options())
	if err != nil {
		return nil, err
	}
	return rendezvous.New(at, n.options()).Join(ctx, nameplate)
}

// earlyJoin joins a room before it is certain that it is the right one. Its
// goroutine ends before take or discard returns.
type earlyJoin struct{ joined chan *rendezvous.Room }

func (e *earlyJoin) join(ctx context.Context, n Network, at netip.AddrPort, nameplate string) {
	e.joined = make(chan *rendezvous.Room, 1)
	go func() {
		room, err := rendezvous.New(rendezvous.Nearby(at), n.options()).Join(ctx, nameplate)
		if err != nil {
			n.Logger.Debug("cannot join at the first address", "reason", err)
		}
		e.joined <- room
	}()
}

// take waits for the room and returns it; nil if the join failed.
func (e *earlyJoin) take() *rendezvous.Room {
	if e.joined == nil {
		return nil
	}
	room := <-e.joined
	e.joined = nil
	return room
}

// discard leaves the room, unless it was taken.
func (e *earlyJoin) discard() {
	if room := e.take(); room != nil {
		_ = room.Close()
	}
}

// Find implements link.LocalNetwork.
func (n Network) Find(ctx context.Context, nameplate string) (rendezvous.Endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	found, err := n.find(ctx, nameplate, nil)
	if err != nil {
		return rendezvous.Endpoint{}, err
	}
	return rendezvous.First(ctx, found, n.options())
}

// options returns the options for a client of a relay.
func (n Network) options() rendezvous.Options {
	return rendezvous.Options{Version: n.Version, Logger: n.Logger}
}

// find looks for the addresses of the sender that announces a nameplate until ctx
// ends. Unless first is nil, it is called with the first address while find looks
// for others.
func (n Network) find(ctx context.Context, nameplate string, first func(netip.AddrPort)) ([]rendezvous.Endpoint, error) {
	found, err := nearby.Find(ctx, nameplate, first)
	switch {
	case errors.Is(err, nearby.ErrAmbiguous):
		return nil, &link.NotFoundError{Nameplate: nameplate, Ambiguous: true, Err: err}
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &link.NotFoundError{Nameplate: nameplate, Err: err}
	}
	var endpoints []rendezvous.Endpoint
	for _, at := range found {
		endpoints = append(endpoints, rendezvous.Nearby(at))
	}
	return endpoints, nil
}
