package transfer

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// stallAfter is how long nothing arrives before it counts as a stall.
const stallAfter = 30 * time.Second

// StallReason is what a transfer that makes no progress waits for.
type StallReason string

// The reasons for a stall of a sender.
const (
	StallNoLane        StallReason = "no-lane"
	StallConnection    StallReason = "slow-connection"
	StallReading       StallReason = "slow-reading"
	StallPeerDisk      StallReason = "peer-disk"
	StallPeerCommit    StallReason = "peer-commit"
	StallPeerFinishing StallReason = "peer-finishing"
)

// The reasons for a stall of a receiver.
const (
	StallLocalDisk   StallReason = "local-disk"
	StallNoManifest  StallReason = "no-manifest"
	StallNothingSent StallReason = "nothing-sent"
)

// watchStall tells the observer, every stallAfter, that nothing has arrived
// although data is expected, which is when active returns true.
func watchStall(ctx context.Context, p *Progress, pause *Pause, o Observer, active func() bool, diagnose func() StallReason) error {
	tick := time.NewTicker(stallAfter / 6)
	defer tick.Stop()
	since, last := time.Now(), p.achieved()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		now := p.achieved()
		switch {
		case now != last || pause.Paused() || !active():
			since, last = time.Now(), now
		case time.Since(since) >= stallAfter+p.recordInterval():
			o.Stalled(diagnose())
			since = time.Now()
		}
	}
}

// achieved returns a number that changes with whatever a transfer achieves. On a
// slow path a block can take long, so that its parts count too.
func (p *Progress) achieved() int64 {
	n := p.Received() + p.Files.Load()
	if p.Limit.Load() > 0 {
		n += p.SentTotal()
	}
	return n
}

// recordInterval returns how far two records may be apart because of a limit.
func (p *Progress) recordInterval() time.Duration {
	limit := p.Limit.Load()
	if limit == 0 {
		return 0
	}
	return 2 * timeFor(wire.MaxSegment, limit)
}

// active returns true once the peer has answered the first page.
func (s *sender) active() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered
}

// diagnose returns what a sender that makes no progress waits for.
func (s *sender) diagnose() StallReason {
	waiting, unacked := s.queue.load()
	s.mu.Lock()
	read, unsettled := s.allRead, len(s.wanted)
	s.mu.Unlock()
	switch {
	case unacked > 0 && unacked == waiting:
		return StallNoLane
	case unacked > 0 && s.allArrived():
		return StallPeerDisk
	case unacked > 0:
		return StallConnection
	case read && unsettled > 0:
		return StallPeerCommit
	case read:
		return StallPeerFinishing
	}
	return StallReading
}

// allArrived says whether the peer has received everything that was given to lanes.
func (s *sender) allArrived() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.liveLanes {
		if l.InFlight() > 0 {
			return false
		}
	}
	return true
}

// active returns true once the offer is accepted.
func (r *receiver) active() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted
}

// diagnose returns what a receiver that makes no progress waits for.
func (r *receiver) diagnose() StallReason {
	r.mu.Lock()
	left := len(r.files)
	r.mu.Unlock()
	switch {
	case len(r.tasks) > 0 || left > 0 && r.settles.busy():
		return StallLocalDisk
	case left == 0:
		return StallNoManifest
	}
	return StallNothingSent
}
