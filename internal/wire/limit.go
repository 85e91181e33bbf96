package wire

import "encoding/binary"

// Limit tells the other side how many bytes of files a second this one wants to
// cross at most; 0 takes back what it said before. Data keeps to the lower of
// what the two sides have said.
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
