package longhaul

import (
	"math/rand/v2"
	"time"
)

// settings of an endpoint.
type settings struct {
	payload int   // size of packets in bytes that every path carries
	sizes   []int // larger sizes that are worth trying, ascending
	ecn     bool  // both sides see the ECN bits of packets
	seed    uint64
}

// endpoint is one end of a connection: a state machine without goroutines and without
// a clock. Times are durations since any fixed time.
//
//	handle   takes a packet of the peer
//	next     makes the next packet, if one may be sent
//	deadline says when to call next again
type endpoint struct {
	settings settings
	parser   parser

	acks ackTracker
	in   incoming
	out  outgoing

	sent   sentQueue
	flying int64 // bytes in flight
	floor  uint64
	loss   lossDetector
	rate   rateSampler
	ecn    ecnSender
	cc     *bbr
	pacer  pacer
	mtu    mtu

	probesDue  int // packets to send whatever the window says
	pingDue    bool
	capable    bool // the packet that next returned may be marked
	limited    bool // the window has kept the sender from sending since the last sample
	heard      bool // anything has come from the peer
	peerClosed bool
}

func newEndpoint(s settings) *endpoint {
	e := &endpoint{
		settings: s, acks: newAckTracker(), in: newIncoming(), out: newOutgoing(),
		rate: rateSampler{appLimited: 1}, // until there is a stream
		ecn:  ecnSender{peer: s.ecn},
		loss: newLossDetector(), mtu: newMTU(s.payload, s.sizes),
		cc: newBBR(rand.New(rand.NewPCG(s.seed, 0)), s.payload, initialRTT),
	}
	return e
}

// ping asks the peer for an acknowledgement.
func (e *endpoint) ping() { e.pingDue = true }

// write appends a message to the stream.
func (e *endpoint) write(message []byte) {
	var head [8]byte
	e.out.write(appendVarint(head[:0], uint64(len(message))))
	e.out.write(message)
}

// room says whether the stream takes another message: enough has to be ready to send,
// and no more than that, since what was written cannot be taken back.
func (e *endpoint) room() bool {
	ahead := int(e.cc.rate * sendAhead.Seconds())
	return e.out.unsent() < uint64(min(max(ahead, minAhead), maxAhead))
}

// Bounds of what is written and not yet sent.
const (
	sendAhead = 10 * time.Millisecond
	minAhead  = 128 << 10
	maxAhead  = 2 << 20
)

// handle takes a packet of the peer, with the ECN bits that it came with. After an error
// the connection is of no use.
func (e *endpoint) handle(packet []byte, ecn byte, now time.Duration) error {
	number, err := e.parser.begin(packet)
	if err != nil {
		return err
	}
	e.heard = true
	isNew, eliciting := e.acks.isNew(number), false
	for {
		f, more, err := e.parser.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		eliciting = eliciting || f.eliciting()
		if err := e.frame(f, isNew, now); err != nil {
			return err
		}
	}
	if isNew {
		e.acks.add(number, ecn, eliciting, now)
	}
	return nil
}

// frame takes a frame. Those of a packet that has come before say nothing new, and
// harm nothing.
func (e *endpoint) frame(f frame, isNew bool, now time.Duration) error {
	switch f.kind {
	case frameAck:
		return e.handleAck(f, now)
	case frameData:
		return e.in.add(f.value, f.data)
	case frameWindow:
		e.out.setLimit(f.value)
	case frameWant:
		e.in.setWant(f.value)
	case frameFloor:
		if isNew {
			e.acks.setFloor(f.value)
		}
	case frameClose:
		e.peerClosed = true
	}
	return nil
}

// handleAck takes an acknowledgement.
func (e *endpoint) handleAck(f frame, now time.Duration) error {
	if f.spans[0].end > e.sent.next {
		return errMalformed // of a packet that was never sent
	}
	s := rateSample{}
	e.sampleRTT(f, &s, now)
	e.ackFlying(f.spans, &s, now)
	e.ackLost(f.spans, &s, now)
	newest := f.spans[0].end - 1
	e.noteMarks(f, &s, newest > e.loss.highestAck)
	e.loss.highestAck = max(e.loss.highestAck, newest)
	e.detectLost(&s, now)
	if s.acked == 0 && s.newlyLost == 0 {
		return nil
	}
	if s.acked > 0 {
		e.loss.probes, e.probesDue = 0, 0
	}
	e.rate.finish(&s, e.loss.rtt.least)
	s.flying, s.cwndLimited, e.limited = e.flying, e.limited, false
	e.cc.setMSS(e.mtu.current)
	e.cc.onAck(&s, e.rate.delivered, now)
	e.out.wants(e.cc.cwnd)
	e.sent.trim()
	return nil
}

// noteMarks takes what an acknowledgement says of marks.
func (e *endpoint) noteMarks(f frame, s *rateSample, news bool) {
	s.newlyMarked = int64(e.ecn.onAck(f, s.capable, news)) * int64(e.mtu.current)
	e.rate.marked += s.newlyMarked
}

// sampleRTT takes a sample of the round trip from the highest number, if that is news.
func (e *endpoint) sampleRTT(f frame, s *rateSample, now time.Duration) {
	largest := f.spans[0].end - 1
	if largest < e.sent.base || e.sent.get(largest).state != packetFlying {
		return
	}
	first := e.loss.rtt.latest == 0
	rtt := now - e.sent.get(largest).at
	delay := time.Duration(min(f.value, 1<<40)) * time.Microsecond
	e.loss.rtt.sample(rtt, delay)
	s.rtt = max(rtt, time.Microsecond)
	if first {
		e.cc.onFirstRTT(s.rtt)
	}
}

// ackFlying takes the acknowledged packets out of flight.
func (e *endpoint) ackFlying(spans []span, s *rateSample, now time.Duration) {
	first := e.sent.firstFlying()
	for i := len(spans) - 1; i >= 0; i-- {
		for n := max(spans[i].start, first); n < spans[i].end; n++ {
			p := e.sent.get(n)
			if p.state != packetFlying {
				continue
			}
			e.loss.onAcked(n, p, now)
			e.flying -= int64(p.size)
			e.arrived(p, s, now)
		}
	}
}

// arrived notes that a packet has arrived.
func (e *endpoint) arrived(p *sentPacket, s *rateSample, now time.Duration) {
	p.state = packetDone
	e.rate.onAcked(s, p, now)
	if p.capable {
		s.capable++
	}
	if p.length > 0 {
		e.out.ack(span{p.offset, p.offset + uint64(p.length)})
	}
	if p.probes {
		e.mtu.onProbe(int(p.size), true, now)
	} else {
		e.mtu.onArrived(int(p.size), p.at)
	}
}

// ackLost takes late acknowledgements of packets that were declared lost.
func (e *endpoint) ackLost(spans []span, s *rateSample, now time.Duration) {
	if len(e.sent.lost) == 0 {
		return
	}
	kept := e.sent.lost[:0]
	for _, n := range e.sent.lost {
		if !inSpans(spans, n) {
			kept = append(kept, n)
			continue
		}
		p := e.sent.get(n)
		e.loss.onMistake(n, e.sent.next, now)
		e.loss.onAcked(n, p, now)
		if !p.probes {
			e.rate.lost -= int64(p.size)
			e.cc.onSpurious(int64(p.size))
		}
		e.arrived(p, s, now)
	}
	e.sent.lost = kept
	e.sent.dropLost(now - lostMemory(&e.loss.rtt))
}

// lostMemory returns how long a lost packet is remembered after it was sent.
func lostMemory(r *rttEstimator) time.Duration { return 2*r.smoothed + 4*r.variance }

// inSpans says whether spans, the highest first, contain a number.
func inSpans(spans []span, n uint64) bool {
	for _, s := range spans {
		if n >= s.start {
			return n < s.end
		}
	}
	return false
}

// detectLost declares packets lost.
func (e *endpoint) detectLost(s *rateSample, now time.Duration) {
	e.loss.detect(&e.sent, now, func(n uint64, p *sentPacket) {
		p.state = packetLost
		e.sent.lost = append(e.sent.lost, n)
		e.flying -= int64(p.size)
		if p.probes {
			e.mtu.onProbe(int(p.size), false, now)
			return
		}
		if p.capable {
			e.ecn.onLost()
		}
		e.rate.lost += int64(p.size)
		s.newlyLost += int64(p.size)
		e.cc.onLost(p, e.rate.lost-p.lost, now)
		e.mtu.onLost(int(p.size), p.at, now)
		if p.length > 0 {
			e.out.lose(span{p.offset, p.offset + uint64(p.length)})
		}
		e.in.windowDue = e.in.windowDue || p.window
		e.out.wantDue = e.out.wantDue || p.want
	})
}
