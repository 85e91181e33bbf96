package wire

// Lanes is a set of kinds of lanes.
type Lanes uint8

// The kinds of lanes.
const (
	LaneRelay  Lanes = 1 << 0
	LaneWebRTC Lanes = 1 << 1
	LaneTCP    Lanes = 1 << 2
)

// helloVerifies is the bit of a Hello's lanes that says Verifies. A peer that does
// not know it ignores it, like any lane that it does not know.
const helloVerifies = 1 << 7

// Hello is the first control message of each side. It says which lanes may carry
// the side's data, whether a person compares the verification words before data
// flows, and which program the side runs, for diagnostics.
//
//	0x02 | lanes u8 | program bytes8
type Hello struct {
	Lanes    Lanes
	Verifies bool
	Program  string
}

// Append appends the message to b.
func (h Hello) Append(b []byte) []byte {
	lanes := byte(h.Lanes &^ helloVerifies)
	if h.Verifies {
		lanes |= helloVerifies
	}
	b = append(b, byte(TypeHello), lanes)
	return appendBytes8(b, []byte(clip(h.Program, 255)))
}

// ParseHello parses a Hello.
func ParseHello(m []byte) (Hello, error) {
	c := message(m, TypeHello)
	lanes := c.u8()
	h := Hello{Lanes: Lanes(lanes &^ helloVerifies), Verifies: lanes&helloVerifies != 0, Program: string(c.bytes8(255))}
	return h, c.done()
}
