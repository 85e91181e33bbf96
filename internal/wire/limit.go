package wire

import "encoding/binary"

// Limit tells the peer how many bytes of files may cross in a second; 0 takes an
// earlier Limit back. The lower limit of the two sides holds.
//
//	0x1D | rate u64
type Limit struct{ Rate int64 }

// Append appends the message to b.
func (l Limit) Append(b []byte) []byte {
	return binary.BigEndian.AppendUint64(append(b, byte(TypeLimit)), uint64(l.Rate))
}

// ParseLimit parses a Limit.
func ParseLimit(m []byte) (Limit, error) {
	c := message(m, TypeLimit)
	l := Limit{Rate: c.i64()}
	return l, c.done()
}
