package longhaul

import (
	"math"
	"time"
)

// cubicFlow is a model of a TCP connection with CUBIC (RFC 9438) and selective
// acknowledgements, to share simulated links with. It sends without end.
type cubicFlow struct {
	sim         *simulation
	there, back *link
	received    int64

	cwnd, ssthresh float64 // packets
	next           uint64
	flying         map[uint64]time.Duration
	lowest         uint64 // packets below it have arrived or are lost
	largest        uint64
	recoverUntil   uint64 // losses below it belong to the same reduction
	srtt           time.Duration
	wmax, k        float64
	epoch          time.Duration
	west           float64 // the window of Reno
	timer          uint64
}

const cubicPacket = 1448

func newCubic(sim *simulation, there, back *link) *cubicFlow {
	return &cubicFlow{sim: sim, there: there, back: back, cwnd: 10, ssthresh: math.Inf(1), flying: make(map[uint64]time.Duration)}
}

func (c *cubicFlow) send() {
	for float64(len(c.flying)) < c.cwnd {
		n := c.next
		c.next++
		c.flying[n] = c.sim.now
		c.there.send(cubicPacket, func() {
			c.received += cubicPacket
			c.back.send(1, func() { c.ack(n) })
		})
	}
	c.timer++
	timer := c.timer
	c.sim.at(c.sim.now+max(time.Second, 3*c.srtt), func() {
		if timer == c.timer { // the retransmission timeout
			clear(c.flying)
			c.ssthresh, c.cwnd, c.epoch = c.cwnd*0.7, 1, 0
			c.send()
		}
	})
}

func (c *cubicFlow) ack(n uint64) {
	at, ok := c.flying[n]
	if !ok {
		return
	}
	delete(c.flying, n)
	rtt := c.sim.now - at
	if c.srtt == 0 {
		c.srtt = rtt
	}
	c.srtt += (rtt - c.srtt) / 8
	c.largest = max(c.largest, n)
	lost := false
	for ; c.lowest+3 <= c.largest; c.lowest++ {
		if _, missing := c.flying[c.lowest]; missing {
			delete(c.flying, c.lowest)
			lost = lost || c.lowest >= c.recoverUntil
		}
	}
	switch {
	case lost:
		c.recoverUntil = c.next
		c.wmax = c.cwnd
		c.cwnd = max(2, c.cwnd*0.7)
		c.ssthresh, c.epoch = c.cwnd, 0
	case c.cwnd < c.ssthresh:
		c.cwnd++
	default:
		c.grow()
	}
	c.send()
}

func (c *cubicFlow) grow() {
	if c.epoch == 0 {
		c.epoch, c.west = c.sim.now, c.cwnd
		c.k = math.Cbrt(max(0, c.wmax-c.cwnd) / 0.4)
	}
	t := (c.sim.now - c.epoch + c.srtt).Seconds()
	target := 0.4*math.Pow(t-c.k, 3) + max(c.wmax, c.cwnd)
	if c.wmax > c.cwnd {
		target = 0.4*math.Pow(t-c.k, 3) + c.wmax
	}
	target = min(max(target, c.cwnd), 1.5*c.cwnd)
	c.west += 3 * 0.3 / 1.7 / c.cwnd
	c.cwnd = max(c.cwnd+(target-c.cwnd)/c.cwnd, min(c.west, c.cwnd+1))
}
