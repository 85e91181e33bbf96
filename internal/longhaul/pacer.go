package longhaul

import "time"

const (
	// paceBatch is how long the pacer sleeps, so that packets go in batches, one
	// system call for several of them.
	paceBatch = time.Millisecond
	// Timers of a busy machine are late. What was not sent meanwhile is sent at
	// once, up to paceLate, or, where that is little, up to paceBytes if they take no
	// longer than paceLongest.
	paceLate    = 2 * time.Millisecond
	paceBytes   = 64 << 10
	paceLongest = 8 * time.Millisecond
)

// pacer spreads packets over time.
type pacer struct {
	next time.Duration // when the next packet may be sent
}

// ready says whether a packet may be sent.
func (p *pacer) ready(now time.Duration) bool { return p.next <= now }

// wake returns when to send again: late enough for a batch.
func (p *pacer) wake(rate float64, size int) time.Duration {
	if float64(size)*2 > rate*paceBatch.Seconds() {
		return p.next
	}
	return p.next + paceBatch
}

// sent notes that size bytes were sent at a rate of bytes a second.
func (p *pacer) sent(now time.Duration, size int, rate float64) {
	late := max(paceLate, min(paceLongest, timeFor(paceBytes, rate)))
	p.next = max(p.next, now-late) + timeFor(size, rate)
}

// timeFor returns how long size bytes take at a rate.
func timeFor(size int, rate float64) time.Duration {
	return time.Duration(float64(size) / rate * float64(time.Second))
}
