package tallow

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/internal/nearby"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// findTimeout is how long a receiver looks for the sender on its own network.
const findTimeout = 5 * time.Second

// seatTimeout is how long the seat at the first address of a sender may take
// before all of its addresses are tried.
const seatTimeout = time.Second

// seat is a receiver's seat in a room, or why there is none.
type seat struct {
	room *rendezvous.Room
	err  error
}

// joinNearby takes the receiver's seat at a sender of this network. It sits down
// at the first address that is heard of while it still listens for others: a
// seat burns no code, and can be left again.
func (c *Client) joinNearby(ctx context.Context, nameplate string) (*rendezvous.Room, error) {
	sitting, leave := context.WithCancel(ctx)
	defer leave()
	var early chan seat
	found, err := c.lookNearby(ctx, nameplate, func(first netip.AddrPort) {
		early = make(chan seat, 1)
		go func() {
			room, err := rendezvous.New(rendezvous.Nearby(first), c.version).Join(sitting, nameplate)
			early <- seat{room, err}
		}()
	})
	if early != nil {
		if err == nil {
			defer time.AfterFunc(seatTimeout, leave).Stop()
		} else {
			leave()
		}
		switch s := <-early; {
		case s.err == nil && err == nil:
			return s.room, nil
		case s.err == nil:
			_ = s.room.Close()
		}
	}
	if err != nil {
		return nil, err
	}
	at, err := rendezvous.First(ctx, found, c.version)
	if err != nil {
		return nil, err
	}
	return rendezvous.New(at, c.version).Join(ctx, nameplate)
}

// findNearby finds the relay of the sender with a nameplate on this network.
func (c *Client) findNearby(ctx context.Context, nameplate string) (rendezvous.Endpoint, error) {
	found, err := c.lookNearby(ctx, nameplate, nil)
	if err != nil {
		return rendezvous.Endpoint{}, err
	}
	return rendezvous.First(ctx, found, c.version)
}

// lookNearby finds the addresses of the sender with a nameplate on this network.
func (c *Client) lookNearby(ctx context.Context, nameplate string, sighted func(netip.AddrPort)) ([]rendezvous.Endpoint, error) {
	look, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	found, err := nearby.Find(look, nameplate, sighted)
	switch {
	case errors.Is(err, nearby.ErrAmbiguous):
		return nil, &Error{Kind: KindCode, Message: fmt.Sprintf("two senders on this network use the number %s", nameplate), Hint: "Ask the sender to send again.", Err: err}
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &Error{
			Kind: KindNetwork, Message: fmt.Sprintf("no sender with the number %s was found on this network", nameplate),
			Hint: "Check the code and that the sender is waiting. If it is on another network, both sides need a relay: --relay HOST.",
			Err:  err,
		}
	}
	var endpoints []rendezvous.Endpoint
	for _, addr := range found {
		endpoints = append(endpoints, rendezvous.Nearby(addr))
	}
	return endpoints, nil
}
