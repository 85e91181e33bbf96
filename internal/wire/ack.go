package wire

import "encoding/binary"

// Run is a run of blocks of one file: Count blocks from First on, at least one.
//
//	file u64 | first u32 | count u32
type Run struct {
	File  uint64
	First uint32
	Count uint32
}

const runLen = 8 + 4 + 4

// MaxRuns bounds the runs of one message.
const MaxRuns = 2048

func appendRuns(b []byte, t Type, runs []Run) []byte {
	b = append(b, byte(t))
	b = binary.BigEndian.AppendUint16(b, uint16(len(runs)))
	for _, r := range runs {
		b = binary.BigEndian.AppendUint64(b, r.File)
		b = binary.BigEndian.AppendUint32(b, r.First)
		b = binary.BigEndian.AppendUint32(b, r.Count)
	}
	return b
}

func parseRuns(m []byte, t Type) ([]Run, error) {
	c := message(m, t)
	n := c.count16(MaxRuns, runLen)
	var runs []Run
	for range n {
		r := Run{File: c.u64(), First: c.u32(), Count: c.u32()}
		if c.err == nil && (r.Count == 0 || uint64(r.First)+uint64(r.Count) > 1<<32-1) {
			c.fail("a run of %d blocks from %d", r.Count, r.First)
		}
		runs = append(runs, r)
	}
	return runs, c.done()
}

// Ack tells the sender that blocks have arrived and are verified and written.
//
//	0x18 | count u16 | count x run
type Ack struct{ Runs []Run }

// Append appends the message to b.
func (a Ack) Append(b []byte) []byte { return appendRuns(b, TypeAck, a.Runs) }

// ParseAck parses an Ack.
func ParseAck(m []byte) (Ack, error) {
	runs, err := parseRuns(m, TypeAck)
	return Ack{runs}, err
}

// Same tells the receiver that blocks which it has (Have) are the same as the
// source's. They count as received.
//
//	0x16 | count u16 | count x run
type Same struct{ Runs []Run }

// Append appends the message to b.
func (s Same) Append(b []byte) []byte { return appendRuns(b, TypeSame, s.Runs) }

// ParseSame parses a Same.
func ParseSame(m []byte) (Same, error) {
	runs, err := parseRuns(m, TypeSame)
	return Same{runs}, err
}
