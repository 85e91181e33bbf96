package doctor

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"sync"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// relayServer is a relay.
type relayServer struct {
	client *rendezvous.Client
	name   string
}

// look asks the relay how it is, and opens a room for a moment: this takes what a
// transfer takes, and the room says where the STUN and TURN servers are.
func (r relayServer) look(ctx context.Context) (relayFacts, error) {
	health, err := r.client.Health(ctx)
	if err != nil {
		return relayFacts{}, err
	}
	facts := relayFacts{
		name: r.name, secure: health.Secure, version: health.Version,
		delay: health.Delay, offset: health.Offset, known: health.Dated,
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	room, err := r.client.Open(ctx, rendezvous.OpenRequest{Nonce: nonce, Words: 3})
	if err != nil {
		return relayFacts{}, err
	}
	facts.stun = expand(ctx, servers(ctx, room))
	return facts, nil
}

// servers returns the STUN server of a room, and its TURN servers by UDP, which answer
// STUN requests too. It closes the room.
func servers(ctx context.Context, room *rendezvous.Room) []string {
	var found []string
	if room.STUN() != "" {
		found = append(found, room.STUN())
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, rendezvous.ReadSize)
		for {
			if _, _, err := room.Read(buf); err != nil {
				return
			}
		}
	})
	turn, err := room.TURN(ctx)
	_ = room.Withdraw(ctx) // the relay forgets it anyway
	_ = room.Close()
	reading.Wait()
	if err != nil {
		return found
	}
	for _, s := range turn.Servers {
		if s.Transport == wire.TURNUDP {
			found = append(found, s.Address)
		}
	}
	return found
}

// expand replaces names by their addresses, of which each is a server of its own. A
// name that cannot be resolved stays.
func expand(ctx context.Context, servers []string) []string {
	var all []string
	for _, s := range servers {
		host, port, err := net.SplitHostPort(s)
		if err != nil {
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			addrs = nil
			if a, err := netip.ParseAddr(host); err == nil {
				addrs = []netip.Addr{a}
			}
		}
		for _, a := range addrs[:min(len(addrs), maxAddresses)] {
			all = append(all, net.JoinHostPort(a.Unmap().String(), port))
		}
	}
	return all
}

// maxAddresses is how many addresses of one server are asked.
const maxAddresses = 4
