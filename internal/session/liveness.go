package session

import (
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Times of a lane's liveness.
const (
	heartbeat      = 4 * time.Second  // a lane that sent nothing for so long sends a heartbeat
	laneTimeout    = 15 * time.Second // a lane that received nothing for so long is dead
	stallTimeout   = 30 * time.Second // a lane on which data in flight makes no progress is dead as well
	leavingTimeout = 7 * time.Second  // replaces laneTimeout once the peer has closed a lane
)

// reportDelay is how long a report of received data waits for more data.
const reportDelay = 10 * time.Millisecond

var (
	errStalled = errors.New("data in flight on this lane made no progress for too long")
	errSilent  = errors.New("nothing was received on this lane for too long")
)

// watch is the goroutine that ends the lane when it is silent or stalled. It never
// waits for a write, which may be what hangs.
func (l *Lane) watch() {
	tick := time.NewTicker(heartbeat / 4)
	defer tick.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
		}
		now := l.session.age()
		if int64(now)-l.lastRead.Load() > int64(l.session.laneTimeout()) {
			l.fail(errSilent)
			return
		}
		if l.window.stalledFor(now) > stallTimeout {
			l.fail(errStalled)
			return
		}
	}
}

// laneTimeout returns for how long a lane may receive nothing.
func (s *Session) laneTimeout() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving {
		return leavingTimeout
	}
	return laneTimeout
}

// keepAlive is the goroutine that reports received data, and sends a heartbeat
// when the lane has sent nothing for a while.
func (l *Lane) keepAlive() {
	tick := time.NewTicker(heartbeat / 4)
	defer tick.Stop()
	delay := time.NewTimer(time.Hour)
	defer delay.Stop()
	unreported := l.unreported
	for {
		select {
		case <-l.done:
			return
		case <-tick.C:
			if int64(l.session.age())-l.lastWrite.Load() < int64(heartbeat) {
				continue
			}
		case <-unreported:
			unreported = nil // until the report is sent
			delay.Reset(reportDelay)
			continue
		case <-delay.C:
			unreported = l.unreported
		}
		_ = l.sendControl(wire.Control{Ack: l.session.incoming.last()})
	}
}
