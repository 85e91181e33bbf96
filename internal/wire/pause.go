package wire

// Pause tells the peer that this side holds the data back, or no longer does. Data
// flows while neither side holds it back.
//
//	0x1C | paused u8
type Pause struct{ Paused bool }

// Append appends the message to b.
func (p Pause) Append(b []byte) []byte { return append(b, byte(TypePause), flag(p.Paused)) }

// ParsePause parses a Pause.
func ParsePause(m []byte) (Pause, error) {
	c := message(m, TypePause)
	p := Pause{Paused: c.flag()}
	return p, c.done()
}
