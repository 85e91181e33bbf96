package rendezvous

import (
	"context"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// A relay may be many machines behind one address. While one of them ends, or loses
// and finds its store, it refuses peers for a moment, and another connection gets to a
// machine that does not.
const (
	movingTimeout = 10 * time.Second
	movingPause   = 500 * time.Millisecond
)

// joinMoving is joinRoom, again after a refusal that is over in a moment.
func (c *Client) joinMoving(ctx context.Context, join wire.RoomJoin) (*Room, error) {
	deadline := time.Now().Add(movingTimeout)
	for {
		room, err := c.joinRoom(ctx, join)
		if err == nil || !isMoving(err) || time.Now().After(deadline) {
			return room, err
		}
		timer := time.NewTimer(movingPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

func isMoving(err error) bool {
	var refused *RelayError
	return errors.As(err, &refused) && (refused.Code == wire.RoomClosing || refused.Code == wire.RoomUnavailable)
}
