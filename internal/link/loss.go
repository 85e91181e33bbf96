package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// lossDelay is how long there must be no lane before the observer is told. It
// hides short losses, and a peer that leaves slightly earlier at the end of a
// transfer.
const lossDelay = 500 * time.Millisecond

// watchLoss tells the observer when the connection is lost and when it is made
// again.
func (l *Link) watchLoss() {
	for {
		if l.AwaitLanes(l.ctx, noLane) != nil {
			return
		}
		short, cancel := context.WithTimeout(l.ctx, lossDelay)
		err := l.AwaitLanes(short, anyLane)
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

// endsSoon waits up to lossDelay and reports whether the session ended. A lane
// also dies when the peer finishes first.
func (l *Link) endsSoon() bool {
	timer := time.NewTimer(lossDelay)
	defer timer.Stop()
	select {
	case <-l.Done():
	case <-l.ctx.Done():
	case <-timer.C:
		return false
	}
	return true
}
