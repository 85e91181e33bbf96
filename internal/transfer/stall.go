package transfer

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// stallAfter is how long nothing is verified before the person is told why.
const stallAfter = 30 * time.Second

// watchStall tells the observer, again and again, when nothing moves although
// something should: active says whether data is to be expected, diagnose in
// words what it waits for.
func watchStall(ctx context.Context, p *Progress, pause *Pause, o Observer, active func() bool, diagnose func() string) error {
	tick := time.NewTicker(stallAfter / 6)
	defer tick.Stop()
	moved, last := time.Now(), p.moved() // when, and how much had
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		now := p.moved()
		switch {
		case now != last || pause.Paused() || !active():
			moved, last = time.Now(), now
		case time.Since(moved) >= stallAfter+p.between():
			o.Stalled(diagnose())
			moved = time.Now()
		}
	}
}

// moved grows with everything that a transfer achieves. Where a limit makes a
// block take long, its parts count too.
func (p *Progress) moved() int64 {
	n := p.Bytes.Load() + p.Files.Load()
	if p.Limit.Load() > 0 {
		n += p.SentTotal()
	}
	return n
}

// between is how long two records may be apart only because of a limit.
func (p *Progress) between() time.Duration {
	limit := p.Limit.Load()
	if limit == 0 {
		return 0
	}
	return 2 * timeFor(wire.MaxSegment, limit)
}

// active is true from the first page that the other side has answered on.
func (s *sender) active() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wantSeen
}

// diagnose says what a sender waits for that makes no progress.
func (s *sender) diagnose() string {
	waiting, unacked := s.queue.load()
	s.mu.Lock()
	read, unsettled := s.allRead, len(s.wanted)
	s.mu.Unlock()
	switch {
	case unacked > 0 && unacked == waiting:
		return "no lane carries data at the moment"
	case unacked > 0 && s.arrivedAll():
		return "the other side's disk is slow"
	case unacked > 0:
		return "the connection is slow"
	case read && unsettled > 0:
		return "the other side is putting the files in place"
	case read:
		return "the other side is finishing"
	}
	return "reading the files takes long on this machine"
}

// arrivedAll says whether the other side has received all that lanes were given.
func (s *sender) arrivedAll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.carriers {
		if l.Underway() > 0 {
			return false
		}
	}
	return true
}

// active is true from the acceptance of the offer on.
func (r *receiver) active() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted
}

// diagnose says what a receiver waits for that makes no progress.
func (r *receiver) diagnose() string {
	r.mu.Lock()
	left := len(r.files)
	r.mu.Unlock()
	switch {
	case len(r.tasks) > 0 || left > 0 && r.settles.busy():
		return "this machine's disk is slow"
	case left == 0:
		return "waiting for the sender's list of files"
	}
	return "nothing comes from the other side"
}
