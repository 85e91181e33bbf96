package longhaul

// Bounds of the flow control of the stream, in bytes.
const (
	// initialWindow is how far ahead of its reader a stream may be sent at first.
	initialWindow = 2 << 20
	// maxWindow bounds the window however much the peer wants. It is 2 s at 16 MB/s,
	// or 250 ms at 1 Gbit/s.
	maxWindow = 32 << 20
	// wantFactor is how many congestion windows the sender wants: what was lost, and
	// lost again, is delivered that much later, while the stream behind it goes on.
	wantFactor = 3
)

// outgoing is the sending side of the stream: what is not acknowledged, and what of it
// has to be sent again.
type outgoing struct {
	data    buffer
	acked   rangeSet
	floor   uint64   // everything below it is acknowledged
	missing rangeSet // was lost, and is to be sent again
	sent    uint64   // the end of what was sent
	written uint64   // the end of what was written
	limit   uint64   // the peer takes no more than up to here
	want    uint64   // the window that the peer was told
	wantDue bool
}

func newOutgoing() outgoing { return outgoing{limit: initialWindow, want: initialWindow} }

// write appends to the stream.
func (o *outgoing) write(b []byte) {
	o.data.write(o.written, b)
	o.written += uint64(len(b))
}

// unsent returns how much was written and never sent.
func (o *outgoing) unsent() uint64 { return o.written - o.sent }

// next returns what to send next: what was lost, and then what is new. size is the
// room in the packet. It returns false if there is nothing.
func (o *outgoing) next(size int) (s span, ok bool) {
	if len(o.missing.spans) > 0 {
		s = o.missing.spans[0]
		s.end = min(s.end, s.start+uint64(size))
		return s, true
	}
	s = span{o.sent, min(o.written, o.limit, o.sent+uint64(size))}
	return s, s.start < s.end
}

// last returns the end of what was sent, at most size bytes, for a probe.
func (o *outgoing) last(size int) (s span, ok bool) {
	if o.sent == o.floor {
		return span{}, false
	}
	// The oldest bytes are what the peer's reader waits for.
	s, ok = o.acked.subtract(span{o.floor, min(o.sent, o.floor+uint64(size))})
	return s, ok
}

// take notes that a range is sent.
func (o *outgoing) take(s span) {
	o.missing.remove(s)
	o.sent = max(o.sent, s.end)
}

// ack notes that a range has arrived.
func (o *outgoing) ack(s span) {
	o.missing.remove(s)
	if s.end <= o.floor {
		return
	}
	o.acked.add(span{max(s.start, o.floor), s.end})
	if first := o.acked.spans[0]; first.start == o.floor {
		o.floor = first.end
		o.acked.removeBelow(o.floor)
		o.data.release(o.floor)
	}
}

// lose notes that a range was lost.
func (o *outgoing) lose(s span) {
	s.start = max(s.start, o.floor)
	for {
		part, ok := o.acked.subtract(s)
		if !ok {
			return
		}
		o.missing.add(part)
		s.start = part.end
	}
}

// setLimit takes the peer's limit.
func (o *outgoing) setLimit(limit uint64) { o.limit = max(o.limit, limit) }

// wants notes how large a window would be of use. The peer is told when it is half as
// much again as it knows of.
func (o *outgoing) wants(cwnd int64) {
	want := uint64(min(wantFactor*cwnd, maxWindow))
	if want > o.want && (want >= o.want+o.want/2 || want == maxWindow) {
		o.want, o.wantDue = want, true
	}
}
