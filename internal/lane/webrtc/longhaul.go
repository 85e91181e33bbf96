//go:build !js

package webrtc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/longhaul"
	"github.com/tallow-transfer/tallow/internal/trunk"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Longhaul is a carrier over a long-haul connection beside a data channel, over the
// same path and through the same socket. It implements lane.Carrier and
// lane.RoundTripper.
type Longhaul struct {
	conn    *longhaul.Conn
	relayed bool
	peer    netip.Addr
}

// SupportsLonghaul reports whether the peer accepts a long-haul connection beside the
// data channel.
func (c *Conn) SupportsLonghaul() bool {
	p, ok := c.connection.(*pionConnection)
	return ok && p.trunked.Load()
}

// trunk returns the connection's trunk, and whether both sides see ECN bits there; nil if
// it is not pion's.
func (c *Conn) trunk() (t *trunk.Trunk, ecn bool) {
	if p, ok := c.connection.(*pionConnection); ok {
		return p.trunk, p.ecn.Load()
	}
	return nil, false
}

// errNoTrunk is a dial that the peer, or this implementation, does not know.
var errNoTrunk = errors.New("this connection carries no long-haul connection")

// DialLonghaul opens a long-haul connection with a number that was not used on this
// connection before, and waits for the peer. Only one peer dials, and the other one
// accepts.
func (c *Conn) DialLonghaul(ctx context.Context, id uint32) (*Longhaul, error) {
	t, ecn := c.trunk()
	if t == nil || !c.SupportsLonghaul() {
		return nil, errNoTrunk
	}
	flow, err := t.Open(id)
	if err != nil {
		return nil, fmt.Errorf("open a long-haul connection: %w", err)
	}
	l := c.newLonghaul(t, flow, ecn)
	if err := l.conn.Await(ctx); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("open a long-haul connection: %w", err)
	}
	return l, nil
}

// AcceptLonghaul calls accepted with each long-haul connection that the peer dials,
// and its number, until the connection or ctx ends.
func (c *Conn) AcceptLonghaul(ctx context.Context, accepted func(*Longhaul, uint32)) {
	t, _ := c.trunk()
	if t == nil {
		return
	}
	for {
		flow, err := t.Accept(ctx)
		if err != nil {
			return
		}
		_, ecn := c.trunk() // is known once there is a flow
		accepted(c.newLonghaul(t, flow, ecn), flow.ID())
	}
}

func (c *Conn) newLonghaul(t *trunk.Trunk, flow *trunk.Flow, ecn bool) *Longhaul {
	return &Longhaul{relayed: c.relayed, peer: c.peer, conn: longhaul.New(flow, longhaul.Options{
		Payload: trunk.LeastPayload, Sizes: t.PayloadSizes(), ECN: ecn, MaxMessage: wire.MaxRecord,
	})}
}

// Traits describes the carrier. It is better than the data channel.
func (l *Longhaul) Traits() lane.Traits {
	t := traits(l.relayed)
	t.Rank++
	t.SharedPath, t.Paced = "", true
	return t
}

// PeerAddress returns that of the data channel.
func (l *Longhaul) PeerAddress() netip.Addr { return l.peer }

// WriteRecord sends a record. It blocks while the connection has enough to send.
func (l *Longhaul) WriteRecord(rec []byte) error { return l.conn.WriteMessage(rec) }

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// connection.
func (l *Longhaul) ReadRecord(buf []byte) ([]byte, error) { return l.conn.ReadMessage(buf) }

// RoundTrip returns the round-trip time of packets, or 0 if it is not known.
func (l *Longhaul) RoundTrip() time.Duration { return l.conn.RoundTrip() }

// Restart looks for the bandwidth of the path anew, after other traffic has left it.
func (l *Longhaul) Restart() { l.conn.Restart() }

// Close ends the connection, tells the peer, and waits for its goroutines.
func (l *Longhaul) Close() error { return l.conn.Close() }
