package longhaul

import "time"

// floorStep is after how many numbers the peer is told that it need not acknowledge
// the ones before.
const floorStep = 64

// minPayload is the least room in a packet for bytes of the stream that is used.
const minPayload = 64

// next makes the next packet in b, which has room for the largest. It returns false
// if nothing may be sent now.
func (e *endpoint) next(b []byte, now time.Duration) (packet []byte, ok bool) {
	e.expire(now)
	switch {
	case e.probesDue > 0:
		e.probesDue--
		return e.build(b, now, true, true), true
	case e.acks.due <= now:
		return e.build(b, now, e.mayFly() && e.pacer.ready(now), false), true
	case e.pingDue || e.in.windowDue || e.out.wantDue:
		return e.build(b, now, e.mayFly() && e.pacer.ready(now), false), true
	case !e.mayFly():
		e.limited = e.limited || e.out.unsent() > 0 || len(e.out.missing.spans) > 0
		return nil, false
	case !e.pacer.ready(now):
		return nil, false
	}
	if size := e.probeSize(now); size > 0 {
		return e.buildProbe(b, now, size), true
	}
	if _, any := e.out.next(1); any {
		return e.build(b, now, true, false), true
	}
	e.rate.limitedByApp(e.flying)
	return nil, false
}

// mayFly says whether the congestion window has room for a packet.
func (e *endpoint) mayFly() bool { return e.flying+int64(e.mtu.current) <= e.cc.cwnd }

// probeAfter is how many bytes of the stream have to arrive before larger packets are
// tried. Until then they would take the room of the first record, which would need
// another round trip.
const probeAfter = 32 << 10

// probeSize returns a size of packets to try, 0 if there is none now. It waits for the
// first data to arrive, after which a loss is noticed.
func (e *endpoint) probeSize(now time.Duration) int {
	if e.loss.rtt.latest == 0 || e.out.floor < probeAfter {
		return 0
	}
	return e.mtu.probe(now)
}

// deadline returns when to call next again, if nothing else happens.
func (e *endpoint) deadline() time.Duration {
	at := min(e.loss.deadline(e.flying > 0), e.acks.due)
	if e.probesDue > 0 || e.pingDue || e.in.windowDue || e.out.wantDue {
		return 0
	}
	if _, any := e.out.next(1); any && e.mayFly() {
		at = min(at, e.pacer.wake(e.cc.rate, e.mtu.current))
	}
	return at
}

// expire does what is due: declares packets lost, or sends a probe if nothing has been
// heard for long.
func (e *endpoint) expire(now time.Duration) {
	if e.loss.deadline(e.flying > 0) > now {
		return
	}
	if e.loss.lossAt != never {
		var s rateSample
		e.detectLost(&s, now)
		e.cc.losses.lost += s.newlyLost
		return
	}
	e.loss.probes++
	e.ecn.onProbe(e.loss.probes)
	e.loss.lastSent = now
	e.probesDue = 2
}

// build makes a packet of what is due, and of the stream's bytes if stream is set. A
// probe asks for an acknowledgement whatever is in it.
func (e *endpoint) build(b []byte, now time.Duration, stream, probe bool) []byte {
	p := sentPacket{at: now}
	room := e.mtu.current
	if e.loss.probes > 1 {
		room = e.mtu.base // the path may no longer carry more
	}
	b = appendVarint(b[:0], e.sent.next)
	eliciting := e.pingDue
	if e.pingDue {
		b, e.pingDue = append(b, framePing), false
	}
	b = e.acks.append(b, now, e.settings.ecn)
	b = e.appendFloor(b)
	if e.in.windowDue {
		b = appendValue(b, frameWindow, e.in.limit())
		e.in.windowDue, p.window, eliciting = false, true, true
	}
	if e.out.wantDue {
		b = appendValue(b, frameWant, e.out.want)
		e.out.wantDue, p.want, eliciting = false, true, true
	}
	if stream {
		b = e.appendData(b, room, &p)
	}
	if probe && p.length == 0 && !eliciting {
		b = append(b, framePing)
		eliciting = true
	}
	e.record(&p, len(b), eliciting || p.length > 0, now)
	return b
}

// appendFloor tells the peer from time to time below which number no acknowledgement
// is needed.
func (e *endpoint) appendFloor(b []byte) []byte {
	if e.sent.base < e.floor+floorStep {
		return b
	}
	e.floor = e.sent.base
	return appendValue(b, frameFloor, e.floor)
}

// appendData appends bytes of the stream that fit in a packet of size bytes.
func (e *endpoint) appendData(b []byte, size int, p *sentPacket) []byte {
	free := size - len(b) - 1 - 8 - 4 // kind, offset, length
	if free < minPayload {
		return b
	}
	s, ok := e.out.next(free)
	if !ok && e.loss.probes > 0 {
		s, ok = e.out.last(free)
	}
	if !ok {
		return b
	}
	n := int(s.end - s.start)
	b = appendVarint(append(b, frameData), s.start)
	b = appendVarint(b, uint64(n))
	start := len(b)
	b = b[:start+n]
	e.out.data.read(s.start, b[start:])
	e.out.take(s)
	p.offset, p.length = s.start, int32(n)
	return b
}

// buildProbe makes a packet of a size that is tried.
func (e *endpoint) buildProbe(b []byte, now time.Duration, size int) []byte {
	p := sentPacket{at: now, probes: true}
	b = appendVarint(b[:0], e.sent.next)
	b = append(b, framePing)
	start := len(b)
	b = b[:size]
	clear(b[start:])
	e.record(&p, size, true, now)
	return b
}

// record notes that a packet is sent.
func (e *endpoint) record(p *sentPacket, size int, eliciting bool, now time.Duration) {
	p.size, e.capable = int32(size), false
	if !eliciting {
		e.sent.add(*p)
		return
	}
	if e.ecn.use() && e.loss.rtt.latest > 0 { // the path is known to carry packets that are not
		p.capable, e.capable = true, true
		e.ecn.sent++
	}
	if e.flying == 0 {
		e.cc.onIdleRestart(now)
	}
	p.state = packetFlying
	e.rate.onSent(p, e.flying)
	e.flying += int64(size)
	e.loss.lastSent = now
	e.pacer.sent(now, size, e.cc.rate)
	e.sent.add(*p)
}

// buildClose makes the packet that tells the peer that this end has gone.
func (e *endpoint) buildClose(b []byte, now time.Duration) []byte {
	b = append(appendVarint(b[:0], e.sent.next), frameClose)
	e.record(&sentPacket{at: now}, len(b), false, now)
	return b
}
