package longhaul

import "time"

const (
	// ackEvery is after how many packets an acknowledgement is sent, and ackEarly
	// the same among the first packets, when the peer still has to learn of the
	// path.
	ackEvery    = 16
	ackEarly    = 2
	earlyNumber = 100
	// ackDelay is how long an acknowledgement waits for more packets.
	ackDelay = 2 * time.Millisecond
)

// ackTracker knows which packets have arrived, and when to acknowledge them.
type ackTracker struct {
	numbers   rangeSet // of at most maxAckRanges spans
	floor     uint64   // below it everything counts as having arrived
	largestAt time.Duration
	ecn       ecnCounts
	marked    bool          // the newest packet was
	waiting   int           // eliciting packets since the last ACK
	due       time.Duration // when to send an ACK; never if nothing waits
}

func newAckTracker() ackTracker { return ackTracker{due: never} }

// isNew says whether a packet has not come before.
func (a *ackTracker) isNew(number uint64) bool {
	return number >= a.floor && !a.numbers.contains(number)
}

// add notes a new packet, and its ECN bits.
func (a *ackTracker) add(number uint64, ecn byte, eliciting bool, now time.Duration) {
	expected := a.floor
	if n := len(a.numbers.spans); n > 0 {
		expected = a.numbers.spans[n-1].end
	}
	a.numbers.add(span{number, number + 1})
	if n := len(a.numbers.spans) - maxAckRanges; n > 0 {
		a.setFloor(a.numbers.spans[n-1].end)
	}
	if number >= expected {
		a.largestAt = now
	}
	a.ecn.add(ecn)
	turned := (ecn == ecnMarked) != a.marked // marks begin here, or end
	a.marked = ecn == ecnMarked
	if !eliciting {
		return
	}
	a.waiting++
	every := ackEvery
	if number < earlyNumber {
		every = ackEarly
	}
	if a.waiting >= every || number != expected || turned { // a gap begins or ends here
		a.due = now
	} else {
		a.due = min(a.due, now+ackDelay)
	}
}

// setFloor says that the peer needs no acknowledgement of packets below a number.
func (a *ackTracker) setFloor(number uint64) {
	if number > a.floor {
		a.floor = number
		a.numbers.removeBelow(number)
	}
}

// append appends an ACK if anything waits for one, with counts of ECN if the peer takes
// them.
func (a *ackTracker) append(b []byte, now time.Duration, ecn bool) []byte {
	if a.waiting == 0 || len(a.numbers.spans) == 0 {
		a.due = never
		return b
	}
	a.waiting, a.due = 0, never
	counts := a.ecn
	if !ecn {
		counts = ecnCounts{}
	}
	return appendAck(b, a.numbers.spans, uint64((now-a.largestAt)/time.Microsecond), counts)
}
