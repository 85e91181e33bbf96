package session

import (
	"context"
	"sync"
	"time"
)

// Bounds of what is under way on all lanes of a path together.
const (
	// The queues of the path stay short, so that they do not overflow, which
	// costs an SCTP association far more than waiting: a quarter of a round trip,
	// and what keeps a quick path busy.
	shareQueue = 20 * time.Millisecond
	shareSpan  = 300 * time.Millisecond // long, since what waited for a lost packet arrives in a burst
	shareKeep  = time.Second
	// What one lane has under way is bounded by what it brings over itself, or
	// one that stalls would take the share of the others.
	shareOfOne = 3
	// While the queue is empty although the window is used up, as when what
	// arrives waits for something that was lost, the window grows by one part of
	// so many of what arrives; and it shrinks only once the queue is not.
	shareCreep = 16
)

// share bounds the data under way on lanes that go the same way, however many
// there are: what they carry together in a round trip, and a little for the
// path's queue. So several do not press harder on the path than one would.
type share struct {
	mu       sync.Mutex
	freed    chan struct{} // closed and replaced when more may be sent
	window   int64
	underway int64
	arrived  int64
	limited  bool             // something waited for the window since it was last set
	news     int64            // bytes that have arrived since then
	round    time.Duration    // of data, until it was reported; the shortest
	path     time.Duration    // of the path itself, which what is lost does not make longer; the shortest
	lately   [2]time.Duration // the path's shortest: of this period, and of the one before
	began    time.Duration    // when this period began
	rates    rates
}

func newShare() *share {
	return &share{freed: make(chan struct{}), window: paceFirst, rates: rates{span: shareSpan, keep: shareKeep}}
}

// queue is how long what is sent may wait in the path's queues.
func (s *share) queue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.extra()
}

// extra is queue; s.mu is held.
func (s *share) extra() time.Duration { return max(shareQueue, s.round/4) }

// measure takes in a round trip of the path; s.mu is held.
func (s *share) measure(path, now time.Duration) {
	if s.path == 0 || path < s.path {
		s.path = path
	}
	if s.lately[0] == 0 || now-s.began > max(shareQueue*5, 2*s.path) {
		s.lately[1], s.lately[0], s.began = s.lately[0], path, now
	}
	s.lately[0] = min(s.lately[0], path)
}

// crowded says whether even the quickest of late has waited in a queue; s.mu is
// held.
func (s *share) crowded() bool {
	quickest := s.lately[0]
	if s.lately[1] != 0 {
		quickest = min(quickest, s.lately[1])
	}
	return quickest-s.path > max(shareQueue/2, s.path/5)
}

// admit waits until n more bytes may be under way; false if done or ctx ended.
func (s *share) admit(ctx context.Context, n int64, done <-chan struct{}) bool {
	for {
		s.mu.Lock()
		if s.underway == 0 || s.underway+n <= s.window {
			s.underway += n
			s.mu.Unlock()
			return true
		}
		s.limited = true
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
		case <-done:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// arrive takes in that n bytes have arrived, the latest after the round trip
// given, and what the round trip of the path itself is. Either is 0 if it is not
// known.
func (s *share) arrive(n int64, round, path, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underway -= n
	s.arrived += n
	s.news += n
	if round > 0 && (s.round == 0 || round < s.round) {
		s.round = round
	}
	if path > 0 {
		s.measure(path, now)
	}
	rate := s.rates.report(s.arrived, now, s.round)
	if rate > 0 && s.round > 0 && s.limited {
		s.window = s.next(rate)
		s.limited, s.news = false, 0
	}
	s.free()
}

// next is the window from now on, while rate bytes a second arrive; s.mu is held.
func (s *share) next(rate float64) int64 {
	window := int64(rate * (s.round + s.extra()).Seconds())
	if !s.crowded() {
		most := int64(rate * (s.round + paceQueue).Seconds())
		window = max(window, s.window, min(s.window+s.news/shareCreep, most))
	}
	return min(paceMost, s.window+s.news, max(paceLeast, window))
}

// leave forgets n bytes, which were under way on a lane that is dead.
func (s *share) leave(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underway -= n
	s.free()
}

// free wakes who waits; s.mu is held.
func (s *share) free() {
	close(s.freed)
	s.freed = make(chan struct{})
}
