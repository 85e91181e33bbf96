package tallow_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// faultBytes is how many bytes a fault in a stream of bytes acts on.
const faultBytes = 16

// flow is one direction of one connection or lane, and what goes wrong with it.
type flow struct {
	faults []fault // still to come, in order
	seen   int64   // messages or bytes
	held   [][]byte
	ended  <-chan struct{} // the connection's end
	happen func(f fault)   // told of each fault, as it strikes
}

// flow makes the flow of the faults that fit.
func (r *faultRun) flow(ended <-chan struct{}, fits func(fault) bool) *flow {
	f := &flow{ended: ended, happen: r.happen}
	for _, x := range r.plan.faults {
		if fits(x) {
			f.faults = append(f.faults, x)
		}
	}
	slices.SortStableFunc(f.faults, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return f
}

// next takes the fault that strikes before position end, if there is one.
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

// message says what becomes of a message; the connection ends unless alive.
func (f *flow) message(m []byte) (out [][]byte, alive bool) {
	x, strikes := f.next(f.seen + 1)
	f.seen++
	if !strikes {
		return f.release(m), true
	}
	return f.suffer(x, slices.Clone(m))
}

// bytes is message for a part of a stream of bytes.
func (f *flow) bytes(b []byte) (out [][]byte, alive bool) {
	for len(b) > 0 {
		x, strikes := f.next(f.seen + int64(len(b)))
		if !strikes {
			f.seen += int64(len(b))
			return append(out, f.release(b)...), true
		}
		before := x.at - f.seen
		if before > 0 {
			out = append(out, f.release(b[:before])...)
		}
		struck := b[before:min(before+faultBytes, int64(len(b)))]
		b = b[before+int64(len(struck)):]
		f.seen += before + int64(len(struck))
		left, alive := f.suffer(x, slices.Clone(struck))
		out = append(out, left...)
		if !alive {
			return out, false
		}
	}
	return out, true
}

// release gives m and then what was held back for it.
func (f *flow) release(m ...[]byte) [][]byte {
	out := append(m, f.held...)
	f.held = nil
	return out
}

func (f *flow) suffer(x fault, m []byte) (out [][]byte, alive bool) {
	f.happen(x)
	last := len(m) - 1
	switch x.deed {
	case die, away:
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
		switch x.deed {
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
