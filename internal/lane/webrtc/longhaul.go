//go:build !js

package webrtc

import (
	"context"
	"fmt"
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
}

// SupportsLonghaul reports whether the peer accepts a long-haul connection beside the
// data channel. Then it accepts no associations.
func (c *Conn) SupportsLonghaul() bool {
	p, ok := c.connection.(*pionConnection)
	return ok && p.trunked.Load() && p.longhaul.Load()
}

// DialLonghaul opens a long-haul connection with a number that was not used on this
// connection before, and waits for the peer. Only one peer dials, and the other one
// accepts.
func (c *Conn) DialLonghaul(ctx context.Context, id uint32) (*Longhaul, error) {
	t := c.trunk()
	if t == nil || !c.SupportsLonghaul() {
		return nil, errNoTrunk
	}
	flow, err := t.Open(id)
	if err != nil {
		return nil, fmt.Errorf("open a long-haul connection: %w", err)
	}
	l := newLonghaul(t, flow, c.relayed)
	if err := l.conn.Await(ctx); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("open a long-haul connection: %w", err)
	}
	return l, nil
}

// AcceptLonghaul calls accepted with each long-haul connection that the peer dials,
// and its number, until the connection or ctx ends.
func (c *Conn) AcceptLonghaul(ctx context.Context, accepted func(*Longhaul, uint32)) {
	t := c.trunk()
	if t == nil {
		return
	}
	for {
		flow, err := t.Accept(ctx)
		if err != nil {
			return
		}
		accepted(newLonghaul(t, flow, c.relayed), flow.ID())
	}
}

func newLonghaul(t *trunk.Trunk, flow *trunk.Flow, relayed bool) *Longhaul {
	return &Longhaul{relayed: relayed, conn: longhaul.New(flow, longhaul.Options{
		Payload: trunk.LeastPayload, Sizes: t.PayloadSizes(), MaxMessage: wire.MaxRecord,
	})}
}

// Traits describes the carrier. It is better than the data channel.
func (l *Longhaul) Traits() lane.Traits {
	t := traits(l.relayed)
	t.Rank++
	t.SharedPath, t.Paced = "", true
	return t
}

// WriteRecord sends a record. It blocks while the connection has enough to send.
func (l *Longhaul) WriteRecord(rec []byte) error { return l.conn.WriteMessage(rec) }

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// connection.
func (l *Longhaul) ReadRecord(buf []byte) ([]byte, error) { return l.conn.ReadMessage(buf) }

// RoundTrip returns the round-trip time of packets, or 0 if it is not known.
func (l *Longhaul) RoundTrip() time.Duration { return l.conn.RoundTrip() }

// Close ends the connection, tells the peer, and waits for its goroutines.
func (l *Longhaul) Close() error { return l.conn.Close() }
