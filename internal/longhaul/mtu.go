package longhaul

import (
	"slices"
	"time"
)

const (
	// mtuTries is how often a size is tried before it counts as too large.
	mtuTries = 3
	// mtuRetry is when all larger sizes are tried again: the path may have changed.
	// mtuRetryFirst is the same after a black hole, which may have been an outage.
	mtuRetry      = 2 * time.Minute
	mtuRetryFirst = 5 * time.Second
	// mtuLost is how many large packets must be lost in a row, while nothing large
	// arrives, for the path to have become a black hole for them.
	mtuLost = 8
)

// mtu finds the largest size of packets that the path carries (RFC 8899). It begins
// with a size that every path carries.
type mtu struct {
	base    int
	current int
	sizes   []int // that are worth trying, ascending
	tries   []int // of each
	flying  int   // probes that are neither acknowledged nor lost
	retryAt time.Duration
	retry   time.Duration
	lost    int // large packets that were sent after every large one that arrived
	arrived time.Duration
}

func newMTU(base int, sizes []int) mtu {
	return mtu{base: base, current: base, sizes: sizes, tries: make([]int, len(sizes)), retryAt: never, retry: mtuRetryFirst}
}

// probe returns the next size to try, 0 if there is none now.
func (m *mtu) probe(now time.Duration) int {
	if now >= m.retryAt {
		clear(m.tries)
		m.retryAt = never
	}
	if m.flying > 0 && !m.fresh() {
		return 0 // the answers to the sizes before come first
	}
	for i, size := range m.sizes {
		if size > m.current && m.tries[i] < mtuTries && m.tries[i] <= m.leastTries() {
			m.tries[i]++
			m.flying++
			return size
		}
	}
	return 0
}

// fresh says whether a round of tries is not complete: all sizes are tried at once.
func (m *mtu) fresh() bool {
	first, least := true, 0
	for i, size := range m.sizes {
		if size <= m.current {
			continue
		}
		if first {
			first, least = false, m.tries[i]
		} else if m.tries[i] != least {
			return true
		}
	}
	return false
}

// leastTries returns how often that size was tried which was tried least.
func (m *mtu) leastTries() int {
	least := mtuTries
	for i, size := range m.sizes {
		if size > m.current {
			least = min(least, m.tries[i])
		}
	}
	return least
}

// onProbe notes what became of a probe.
func (m *mtu) onProbe(size int, arrived bool, now time.Duration) {
	m.flying = max(0, m.flying-1)
	if arrived && size > m.current && slices.Contains(m.sizes, size) {
		m.current, m.lost = size, 0
	}
	if m.flying == 0 && m.current < m.largest() && m.leastTries() == mtuTries && m.retryAt == never {
		m.retryAt, m.retry = now+m.retry, mtuRetry
	}
}

func (m *mtu) largest() int {
	if len(m.sizes) == 0 {
		return m.base
	}
	return m.sizes[len(m.sizes)-1]
}

// onArrived notes that a packet other than a probe has arrived, and when it was sent.
func (m *mtu) onArrived(size int, at time.Duration) {
	if size > m.base && at >= m.arrived {
		m.arrived, m.lost = at, 0
	}
}

// onLost notes that such a packet was lost. If the path no longer carries large ones
// the size is the least one again. A packet counts as lost only when a later one has
// arrived: if that was a large one too it was congestion.
func (m *mtu) onLost(size int, at, now time.Duration) {
	if size <= m.base || m.current == m.base || at <= m.arrived {
		return
	}
	if m.lost++; m.lost >= mtuLost {
		m.current, m.lost = m.base, 0
		for i := range m.tries {
			m.tries[i] = mtuTries
		}
		m.retryAt, m.retry = now+m.retry, min(2*m.retry, mtuRetry)
	}
}
