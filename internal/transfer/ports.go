package transfer

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Session is what a transfer needs of its session (package session).
type Session interface {
	// Send queues a control message. It arrives exactly once and in order.
	Send(ctx context.Context, m []byte) error
	// Receive returns the next control message.
	Receive(ctx context.Context) ([]byte, error)
	// SendOnAllLanes sends a last control message on every lane and waits until it
	// has arrived.
	SendOnAllLanes(ctx context.Context, m []byte) error
	// SendAndWait sends a last control message and waits until it has arrived or
	// the peer has left.
	SendAndWait(ctx context.Context, m []byte) error
	// Attached returns the lanes, one per call, as they come up.
	Attached(ctx context.Context) (Lane, error)
	// HandleData sets the function that receives data records.
	HandleData(f func(by wire.Lanes, plaintext []byte) error)
}

// Lane is what a transfer needs of a lane.
type Lane interface {
	Kind() wire.Lanes
	// AwaitActive waits until the lane may carry data.
	AwaitActive(ctx context.Context) error
	// AwaitStandby waits until the lane may no longer carry data.
	AwaitStandby(ctx context.Context) error
	// SendData sends the concatenation of parts as one record. It blocks while
	// the lane is full.
	SendData(ctx context.Context, parts ...[]byte) error
	// InFlight returns the number of bytes that were sent and have not arrived.
	InFlight() int64
	// Done is closed when the lane is dead.
	Done() <-chan struct{}
}
