package wire

// Lanes is a set of kinds of lanes.
type Lanes uint8

// The kinds of lanes.
const (
	LaneRelay  Lanes = 1 << 0
	LaneWebRTC Lanes = 1 << 1
	LaneTCP    Lanes = 1 << 2
)

// Hello is the first control message of each side. It says which lanes may carry
// the side's data, and which program it runs, for diagnostics.
//
//	0x02 | lanes u8 | program bytes8
type Hello struct {
	Lanes   Lanes
	Program string
}

// Append appends the message to b.
func (h Hello) Append(b []byte) []byte {
	b = append(b, byte(TypeHello), byte(h.Lanes))
	return appendBytes8(b, []byte(clip(h.Program, 255)))
}

// ParseHello parses a Hello.
func ParseHello(m []byte) (Hello, error) {
	c := message(m, TypeHello)
	h := Hello{Lanes: Lanes(c.u8()), Program: string(c.bytes8(255))}
	return h, c.done()
}
