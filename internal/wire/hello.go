package wire

import "bytes"

// Lanes is a set of kinds of lanes.
type Lanes uint8

// The kinds of lanes.
const (
	LaneRelay  Lanes = 1 << 0
	LaneWebRTC Lanes = 1 << 1
	LaneTCP    Lanes = 1 << 2
)

// The bits of a Hello's lanes that say Page, Keeps, NoDirect and Verifies. A peer that
// does not know one ignores it, like any lane that it does not know.
const (
	helloPage     = 1 << 4
	helloKeeps    = 1 << 5
	helloNoDirect = 1 << 6
	helloVerifies = 1 << 7
	helloFlags    = helloPage | helloKeeps | helloNoDirect | helloVerifies
)

// MaxPeerName bounds the name by which a side goes, in bytes.
const MaxPeerName = 64

// Hello is the first control message of each side. It says which lanes may carry
// the side's data, whether a person compares the verification words before data
// flows, whether the side has no direct lane, so that nobody waits for one, whether it
// wants to keep the peer, or cannot since it is a page in a browser, which program it
// runs, for diagnostics, and the name by which it goes, if it has one.
//
//	0x02 | lanes u8 | length u8 | program
//	0x02 | lanes u8 | length u8 | program | 0x00 | name, with zeros behind it, 64 bytes
//
// Both are one bytes8 to a peer that knows no names: it takes the name for a part of
// the program. The zeros hide the length of the name from the relay. What is behind
// the 64 bytes is ignored.
type Hello struct {
	Lanes    Lanes
	Verifies bool
	NoDirect bool
	Keeps    bool   // this side's person wants to keep the peer: see Invitation
	Page     bool   // this side is a page in a browser, which keeps nobody
	Program  string // without zero bytes
	Name     string // likewise; a claim, in any bytes that the peer likes
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
	if h.Keeps {
		lanes |= helloKeeps
	}
	if h.Page {
		lanes |= helloPage
	}
	b = append(b, byte(TypeHello), lanes)
	if h.Name == "" {
		return appendBytes8(b, []byte(clip(h.Program, 255)))
	}
	var name [1 + MaxPeerName]byte
	copy(name[1:], clip(h.Name, MaxPeerName))
	return appendBytes8(b, append([]byte(clip(h.Program, 255-len(name))), name[:]...))
}

// ParseHello parses a Hello.
func ParseHello(m []byte) (Hello, error) {
	c := message(m, TypeHello)
	lanes := c.u8()
	program, behind, named := bytes.Cut(c.bytes8(255), []byte{0})
	h := Hello{
		Lanes: Lanes(lanes &^ helloFlags), Verifies: lanes&helloVerifies != 0, NoDirect: lanes&helloNoDirect != 0,
		Keeps: lanes&helloKeeps != 0, Page: lanes&helloPage != 0, Program: string(program),
	}
	if named {
		n := &cursor{rest: behind}
		name, zeros, _ := bytes.Cut(n.take(MaxPeerName), []byte{0})
		h.Name = string(name)
		if n.err != nil || len(name) == 0 || len(bytes.Trim(zeros, "\x00")) > 0 {
			c.fail("a name that is not in %d bytes", MaxPeerName)
		}
	}
	return h, c.done()
}
