package wire

// Lanes is a set of kinds of lanes.
type Lanes uint8

// The kinds of lanes.
const (
	LaneRelay  Lanes = 1 << 0
	LaneWebRTC Lanes = 1 << 1
	LaneTCP    Lanes = 1 << 2
)

// The bits of a Hello's lanes that say NoDirect and Verifies. A peer that does not
// know one ignores it, like any lane that it does not know.
const (
	helloNoDirect = 1 << 6
	helloVerifies = 1 << 7
	helloFlags    = helloNoDirect | helloVerifies
)

// Hello is the first control message of each side. It says which lanes may carry
// the side's data, whether a person compares the verification words before data
// flows, whether the side has no direct lane, so that nobody waits for one, and which
// program it runs, for diagnostics.
//
//	0x02 | lanes u8 | program bytes8
type Hello struct {
	Lanes    Lanes
	Verifies bool
	NoDirect bool
	Program  string
}

// Append appends the message to b.
func (h Hello) Append(b []byte) []byte {
	lanes := byte(h.Lanes &^ helloFlags)
	if h.Verifies {
		lanes |= helloVerifies
	}
	if h.NoDirect {
		lanes |= helloNoDirect
	}
	b = append(b, byte(TypeHello), lanes)
	return appendBytes8(b, []byte(clip(h.Program, 255)))
}

// ParseHello parses a Hello.
func ParseHello(m []byte) (Hello, error) {
	c := message(m, TypeHello)
	lanes := c.u8()
	h := Hello{
		Lanes: Lanes(lanes &^ helloFlags), Verifies: lanes&helloVerifies != 0, NoDirect: lanes&helloNoDirect != 0,
		Program: string(c.bytes8(255)),
	}
	return h, c.done()
}
