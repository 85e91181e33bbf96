package longhaul

import (
	"math"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// packetState is what is known of a packet that was sent.
type packetState uint8

const (
	packetDone    packetState = iota // acknowledged, or nothing to wait for
	packetFlying                     // not acknowledged yet
	packetLost                       // declared lost; a late acknowledgement undoes that
	packetDropped                    // was lost for so long that nobody waits for it
)

// sentPacket is a packet that was sent. It holds at most one range of the stream.
type sentPacket struct {
	state    packetState
	probes   bool // the size of packets; its loss says nothing about congestion
	window   bool // it holds a WINDOW
	want     bool // it holds a WANT
	appLimit bool // sent while there was too little to send
	capable  bool // of being marked (ECN)
	size     int32
	length   int32 // of the range of the stream, 0 if there is none
	offset   uint64
	at       time.Duration

	// For the rate sampler, as of the time when it was sent.
	firstSent   time.Duration
	deliveredAt time.Duration
	delivered   int64
	lost        int64
	marked      int64
	inFlight    int64 // with the packet itself
}

// sentQueue holds the packets that are still of interest, by number.
type sentQueue struct {
	ring []sentPacket // its length is a power of two
	base uint64       // the first number
	next uint64       // the number after the last one
	// flying is a number below which no packet is flying.
	flying uint64
	lost   []uint64 // the numbers of packets in state packetLost, ascending
}

// get returns a packet with base <= number < next.
func (q *sentQueue) get(number uint64) *sentPacket {
	return &q.ring[number&uint64(len(q.ring)-1)]
}

// add adds the packet with the number next.
func (q *sentQueue) add(p sentPacket) {
	if q.next-q.base == uint64(len(q.ring)) {
		q.grow()
	}
	q.ring[q.next&uint64(len(q.ring)-1)] = p
	q.next++
	q.trim()
}

func (q *sentQueue) grow() {
	bigger := make([]sentPacket, max(64, 2*len(q.ring)))
	for n := q.base; n < q.next; n++ {
		bigger[n&uint64(len(bigger)-1)] = *q.get(n)
	}
	q.ring = bigger
}

// firstFlying returns the first number of a flying packet, or next.
func (q *sentQueue) firstFlying() uint64 {
	q.flying = max(q.flying, q.base)
	for q.flying < q.next && q.get(q.flying).state != packetFlying {
		q.flying++
	}
	return q.flying
}

// trim forgets the packets at the beginning that nobody waits for.
func (q *sentQueue) trim() {
	for q.base < q.next {
		if s := q.get(q.base).state; s != packetDone && s != packetDropped {
			return
		}
		q.base++
	}
}

// dropLost gives up the packets that were declared lost and were sent before a time.
func (q *sentQueue) dropLost(before time.Duration) {
	n := 0
	for n < len(q.lost) && q.get(q.lost[n]).at < before {
		q.get(q.lost[n]).state = packetDropped
		n++
	}
	if n > 0 {
		q.lost = q.lost[:copy(q.lost, q.lost[n:])]
		q.trim()
	}
}
