package lane

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/congestion"
)

// tcpConnectTime is how long one address may take to answer: a first packet that
// is lost is sent again after one second and after three.
const tcpConnectTime = 5 * time.Second

// errNowhere is a dial without an address.
var errNowhere = errors.New("the other side has no address that could be dialled")

// DialTCP dials all addresses at once. It returns nil as soon as a connection has
// become a lane, and gives up the others; else what went wrong with all.
func DialTCP(ctx context.Context, addresses []netip.AddrPort, peer TCPPeer) error {
	if len(addresses) == 0 {
		return errNowhere
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make([]error, len(addresses))
	var won sync.Once
	var racers sync.WaitGroup
	for i, at := range addresses {
		racers.Go(func() {
			if failed[i] = dialOne(ctx, at, peer); failed[i] == nil {
				won.Do(cancel)
			}
		})
	}
	racers.Wait()
	for _, err := range failed {
		if err == nil {
			return nil
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}

func dialOne(ctx context.Context, at netip.AddrPort, peer TCPPeer) error {
	dialer := net.Dialer{Timeout: tcpConnectTime, Control: congestion.Control}
	conn, err := dialer.DialContext(ctx, "tcp", at.String())
	if err != nil {
		return err
	}
	interrupt := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return peer.dial(conn, func() error {
		// Once the sender has given it a number it is a lane, whoever won.
		if !interrupt() {
			return context.Cause(ctx)
		}
		return nil
	})
}
