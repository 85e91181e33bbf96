// Package lan lets two peers on the same network meet without a relay elsewhere:
// the sender serves a relay in its own process and announces it by mDNS, and the
// receiver finds it there.
//
// Start with [Network], which implements link.LocalNetwork.
package lan

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/nearby"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/relay"
)

// Network is the network of this machine.
type Network struct {
	Version string       // of the program, for diagnostics
	Logger  *slog.Logger // receives debugging information
}

// nameplateDigits makes it unlikely that two senders on one network choose the
// same nameplate. Neither knows about the other.
const nameplateDigits = 4

// Serve runs a relay in this process, on all addresses of this machine, until it
// is closed. The relay has no STUN service: every receiver is on the same network,
// where a machine knows its own addresses, and some systems refuse the socket. It
// outlives ctx, so that a sender that gives up can still tell the receiver. The
// error is a *link.ListenError.
func (n Network) Serve(ctx context.Context) (link.LocalRelay, error) {
	listener, err := relay.ListenTCP(ctx, ":0")
	if err != nil {
		return nil, &link.ListenError{Err: err}
	}
	port := listener.Addr().(*net.TCPAddr).AddrPort().Port()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &localRelay{port: port, cancel: cancel}
	r.wg.Go(func() {
		err := relay.Serve(ctx, listener, nil, relay.Config{NameplateDigits: nameplateDigits, Version: n.Version, Logger: n.Logger})
		if err != nil {
			n.Logger.Error("the relay in this process ended", "reason", err)
		}
	})
	return r, nil
}

// localRelay is a relay in this process.
type localRelay struct {
	port         uint16
	cancel       context.CancelFunc
	wg           sync.WaitGroup
	announcement *nearby.Announcement
}

// Endpoint returns the address at which this process reaches the relay.
func (r *localRelay) Endpoint() rendezvous.Endpoint {
	return rendezvous.Nearby(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), r.port))
}

// Announce makes the room of a nameplate known on this network until Close.
func (r *localRelay) Announce(ctx context.Context, nameplate string) (err error) {
	r.announcement, err = nearby.Announce(ctx, nameplate, int(r.port))
	return err
}

// Close ends the announcement and the relay, and waits for both.
func (r *localRelay) Close() error {
	var err error
	if r.announcement != nil {
		err = r.announcement.Close()
	}
	r.cancel()
	r.wg.Wait()
	return err
}
