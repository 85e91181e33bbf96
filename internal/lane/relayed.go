package lane

import (
	"context"
	"io"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// Relayed is a carrier through the relay's room: what is written goes to the
// relay, which passes it on and makes the writer wait while the reader is slow.
type Relayed struct {
	room *rendezvous.Room
	ctx  context.Context // without an end: Close ends writes
}

// NewRelayed makes a carrier of a room in which both peers are. The values of
// ctx are used, its end is not: Close is the end.
func NewRelayed(ctx context.Context, room *rendezvous.Room) *Relayed {
	return &Relayed{room: room, ctx: context.WithoutCancel(ctx)}
}

// WriteRecord sends a record.
func (l *Relayed) WriteRecord(rec []byte) error { return l.room.Send(l.ctx, rec) }

// ReadRecord reads the next record; io.EOF means that the peer left the room.
func (l *Relayed) ReadRecord(buf []byte) ([]byte, error) {
	for {
		event, payload, err := l.room.Read(buf)
		switch {
		case err != nil:
			return nil, err
		case event == rendezvous.Left:
			return nil, io.EOF
		case event == rendezvous.Message:
			return payload, nil
		}
	}
}

// Close leaves the room.
func (l *Relayed) Close() error { return l.room.Close() }
