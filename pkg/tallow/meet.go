package tallow

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/nearby"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// meeting is the sender's end of a room, with the relay in it where that is
// this process.
type meeting struct {
	relay *rendezvous.Client
	room  *rendezvous.Room
	nonce [16]byte
	local bool        // the relay is this process
	at    whereabouts // of the relay, to meet again
	end   func()
}

// open opens a room at the configured relay, or at one of our own.
func (c *Client) open(ctx context.Context, nameplate string) (*meeting, error) {
	m := &meeting{end: func() {}}
	_, _ = rand.Read(m.nonce[:]) // never fails (Go 1.24)
	at := c.relayAt
	var embedded *embeddedRelay
	if c.relay == "" {
		var err error
		if embedded, err = c.embed(ctx); err != nil {
			return nil, err
		}
		m.local, m.end, at = true, embedded.stop, embedded.at
	}
	var err error
	m.relay = rendezvous.New(at, c.version)
	m.room, err = m.relay.Open(ctx, rendezvous.OpenRequest{Nonce: m.nonce, Nameplate: nameplate})
	if err != nil {
		m.end()
		return nil, err
	}
	m.at = always(at)
	if m.local {
		if err := embedded.announce(ctx, m.room.Nameplate()); err != nil {
			c.log.Warn("this machine cannot be found by mDNS", "reason", err)
		}
	}
	return m, nil
}

// retake takes the sender's seat again after the connection to the relay broke.
// It tries until ctx ends, or the relay knows nothing of the room any more.
func (m *meeting) retake(ctx context.Context) error {
	for wait := meetFirst; ; wait = min(2*wait, meetLatest) {
		room, err := m.relay.Retake(ctx, m.room)
		var refused *rendezvous.RelayError
		switch {
		case err == nil:
			_ = m.room.Close()
			m.room = room
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &refused) && refused.Code != wire.RoomRate && refused.Code != wire.RoomClosing:
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// embeddedRelay is a relay in this process, for the machines of this network.
type embeddedRelay struct {
	at     rendezvous.Endpoint
	port   int
	cancel context.CancelFunc
	wg     sync.WaitGroup
	hail   *nearby.Announcement
}

// embeddedDigits makes it unlikely that two senders of one network have the
// same nameplate, although neither knows of the other.
const embeddedDigits = 4

func (c *Client) embed(ctx context.Context) (*embeddedRelay, error) {
	listener, packets, err := relay.Listen(ctx, ":0")
	if err != nil {
		return nil, &Error{Kind: KindNetwork, Message: fmt.Sprintf("cannot listen on this network: %v", err), Hint: "Use a relay: --relay HOST.", Err: err}
	}
	addr := listener.Addr().(*net.TCPAddr).AddrPort()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e := &embeddedRelay{at: rendezvous.Nearby(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port())), port: int(addr.Port()), cancel: cancel}
	e.wg.Go(func() {
		err := relay.Serve(ctx, listener, packets, relay.Config{NameplateDigits: embeddedDigits, Version: c.version, Logger: c.log})
		if err != nil {
			c.log.Error("the relay in this process ended", "reason", err)
		}
	})
	return e, nil
}

func (e *embeddedRelay) announce(ctx context.Context, nameplate string) error {
	hail, err := nearby.Announce(ctx, nameplate, e.port)
	e.hail = hail
	return err
}

func (e *embeddedRelay) stop() {
	if e.hail != nil {
		_ = e.hail.Close()
	}
	e.cancel()
	e.wg.Wait()
}

// always is a relay that stays where it is.
func always(at rendezvous.Endpoint) whereabouts {
	return func(context.Context) (rendezvous.Endpoint, error) { return at, nil }
}

// join takes the receiver's seat in the code's room: at the relay that the code
// names, else at the configured one, else at the sender's own on this network.
// It also returns the relay's name, empty for the sender's own.
func (c *Client) join(ctx context.Context, k code.Code) (*rendezvous.Room, string, error) {
	name := cmp.Or(k.Relay, c.relay)
	if name == "" {
		room, err := c.joinNearby(ctx, k.Nameplate)
		return room, "", err
	}
	at, err := rendezvous.ParseRelay(name)
	if err != nil {
		return nil, "", usage(err.Error(), "The code's relay is what follows the @.")
	}
	room, err := rendezvous.New(at, c.version).Join(ctx, k.Nameplate)
	var refused *rendezvous.RelayError
	if k.Relay == "" && errors.As(err, &refused) && refused.Code == wire.RoomUnknown {
		// The sender may not use the relay that this side has configured.
		if room, err := c.joinNearby(ctx, k.Nameplate); err == nil {
			return room, "", nil
		}
	}
	return room, name, err
}
