package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// lossNotice is how long there is no lane before the observer is told: shorter
// losses nobody notices, and at the end of a transfer the peer may be gone a
// little earlier.
const lossNotice = 500 * time.Millisecond

// watchLoss tells when the connection is lost and made again.
func (l *Link) watchLoss() {
	for {
		if l.AwaitLanes(l.ctx, noLane) != nil {
			return
		}
		brief, cancel := context.WithTimeout(l.ctx, lossNotice)
		err := l.AwaitLanes(brief, anyLane)
		cancel()
		if err == nil {
			continue
		}
		if l.ctx.Err() != nil || l.Err() != nil {
			return
		}
		l.disconnected.Store(true)
		l.observer.Disconnected()
		if l.AwaitLanes(l.ctx, anyLane) != nil {
			return
		}
		l.disconnected.Store(false)
		l.observer.Reconnected()
	}
}

func noLane(up wire.Lanes) bool  { return up == 0 }
func anyLane(up wire.Lanes) bool { return up != 0 }

// endsSoon says whether the session ends within the time in which nobody is told
// of a loss. Where a lane has died, the peer may only have finished first.
func (l *Link) endsSoon() bool {
	timer := time.NewTimer(lossNotice)
	defer timer.Stop()
	select {
	case <-l.Done():
	case <-l.ctx.Done():
	case <-timer.C:
		return false
	}
	return true
}
