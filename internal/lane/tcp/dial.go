//go:build !js

package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
)

// connectTimeout bounds the connection to one address. A lost SYN is sent again
// after one second and after three.
const connectTimeout = 5 * time.Second

var errNoAddress = errors.New("the peer has no address that could be dialed")

// Dial dials all addresses at once and authenticates the peer. It returns nil as
// soon as one connection has become a lane, and drops the others. If none does,
// the error joins those of all addresses.
func Dial(ctx context.Context, addresses []netip.AddrPort, peer Peer) error {
	if len(addresses) == 0 {
		return errNoAddress
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(addresses))
	var dials sync.WaitGroup
	for i, at := range addresses {
		dials.Go(func() {
			if errs[i] = dialOne(ctx, at, peer); errs[i] == nil {
				cancel()
			}
		})
	}
	dials.Wait()
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

func dialOne(ctx context.Context, at netip.AddrPort, peer Peer) error {
	dialer := net.Dialer{Timeout: connectTimeout, Control: congestion.Control}
	conn, err := dialer.DialContext(ctx, "tcp", at.String())
	if err != nil {
		return err
	}
	interrupt := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return peer.dial(conn, func() error {
		// Once the sender has numbered it the connection is a lane, even if
		// another address was faster.
		if !interrupt() {
			return context.Cause(ctx)
		}
		return nil
	})
}
