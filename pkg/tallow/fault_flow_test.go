package tallow_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// faultBytes is how many bytes a fault in a stream of bytes acts on.
const faultBytes = 16

// flow is one direction of one connection or lane, and the faults that happen
// in it.
type flow struct {
	faults  []fault         // that are still to come, in order
	seen    int64           // messages or bytes so far
	held    [][]byte        // messages to be delivered after the next one
	ended   <-chan struct{} // closed with the connection
	onFault func(f fault)   // called for each fault when it happens
}

// flow returns a flow with those faults of the plan that fit.
func (r *faultRun) flow(ended <-chan struct{}, fits func(fault) bool) *flow {
	f := &flow{ended: ended, onFault: r.onFault}
	for _, x := range r.plan.faults {
		if fits(x) {
			f.faults = append(f.faults, x)
		}
	}
	slices.SortStableFunc(f.faults, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return f
}

// next removes and returns the next fault before position end, if there is one.
func (f *flow) next(end int64) (fault, bool) {
	for len(f.faults) > 0 && f.faults[0].at < f.seen {
		f.faults = f.faults[1:]
	}
	if len(f.faults) == 0 || f.faults[0].at >= end {
		return fault{}, false
	}
	x := f.faults[0]
	f.faults = f.faults[1:]
	return x, true
}

// message returns what to deliver in place of a message. Unless alive, the
// connection ends after that.
func (f *flow) message(m []byte) (out [][]byte, alive bool) {
	x, ok := f.next(f.seen + 1)
	f.seen++
	if !ok {
		return f.release(m), true
	}
	return f.apply(x, slices.Clone(m))
}

// bytes is like message, for a part of a byte stream.
func (f *flow) bytes(b []byte) (out [][]byte, alive bool) {
	for len(b) > 0 {
		x, ok := f.next(f.seen + int64(len(b)))
		if !ok {
			f.seen += int64(len(b))
			return append(out, f.release(b)...), true
		}
		before := x.at - f.seen
		if before > 0 {
			out = append(out, f.release(b[:before])...)
		}
		affected := b[before:min(before+faultBytes, int64(len(b)))]
		b = b[before+int64(len(affected)):]
		f.seen += before + int64(len(affected))
		changed, alive := f.apply(x, slices.Clone(affected))
		out = append(out, changed...)
		if !alive {
			return out, false
		}
	}
	return out, true
}

// release returns m followed by the messages that were held back.
func (f *flow) release(m ...[]byte) [][]byte {
	out := append(m, f.held...)
	f.held = nil
	return out
}

// apply applies a fault to a message.
func (f *flow) apply(x fault, m []byte) (out [][]byte, alive bool) {
	f.onFault(x)
	last := len(m) - 1
	switch x.action {
	case disconnect, away:
		return nil, false
	case stall:
		<-f.ended
		return nil, false
	case pause:
		timer := time.NewTimer(x.span)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-f.ended:
		}
	case drop:
		return f.release(), true
	case reorder:
		f.held = append(f.held, m)
		return nil, true
	case replay:
		return f.release(m, m), true
	case inject:
		forged := append(wire.AppendRecordHeader(nil, wire.RecordControl, 0), make([]byte, 64)...)
		return f.release(forged, m), true
	case lengthen:
		m = append(m, 0)
	case empty:
		m = nil
	}
	if last >= 0 {
		switch x.action {
		case flipFirst:
			m[0] ^= 1
		case flipMiddle:
			m[len(m)/2] ^= 4
		case flipLast:
			m[last] ^= 1
		case truncate:
			m = m[:last]
		}
	}
	return f.release(m), true
}
