// Package relayed is the carrier through the relay's room, for lanes where no
// direct path exists. The relay forwards records that it cannot read, and slows
// the writer down while the reader is slow. Start with New.
package relayed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Conn is a carrier through a room. It implements lane.Carrier.
type Conn struct {
	room *rendezvous.Room
	ctx  context.Context // never canceled: Close unblocks writes
}

// New makes a carrier of a room that both peers have joined, and owns the room
// from then on. It keeps the values of ctx and ignores its cancellation: only
// Close ends the carrier.
func New(ctx context.Context, room *rendezvous.Room) *Conn {
	return &Conn{room: room, ctx: context.WithoutCancel(ctx)}
}

// Traits describes the carrier.
func (c *Conn) Traits() lane.Traits {
	return lane.Traits{Kind: wire.LaneRelay, Rank: lane.RankRelayed}
}

// WriteRecord sends a record.
func (c *Conn) WriteRecord(rec []byte) error { return explain(c.room.Send(c.ctx, rec)) }

// ReadRecord reads the next record. It returns io.EOF when the peer has left the
// room.
func (c *Conn) ReadRecord(buf []byte) ([]byte, error) {
	for {
		event, payload, err := c.room.Read(buf)
		switch {
		case err != nil:
			return nil, explain(err)
		case event == rendezvous.Left:
			return nil, io.EOF
		case event == rendezvous.Message:
			return payload, nil
		}
	}
}

// explain marks the error of a relay that does not pass on more for these two.
func explain(err error) error {
	var refused *rendezvous.RelayError
	if errors.As(err, &refused) && refused.Code == wire.RoomExhausted {
		return fmt.Errorf("%w: %w", lane.ErrRefused, err)
	}
	return err
}

// Close leaves the room.
func (c *Conn) Close() error { return c.room.Close() }
