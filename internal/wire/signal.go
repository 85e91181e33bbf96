package wire

import "encoding/binary"

// SignalKind says what a Signal carries.
type SignalKind uint8

// The kinds of signals. Offer and Answer carry an SDP (RFC 8829), Candidate an
// ICE candidate (RFC 8839) as the JSON of an RTCIceCandidateInit, Failed the reason
// why the side gives the lane up, Addresses where the side listens for tcp lanes.
const (
	SignalOffer     SignalKind = 1
	SignalAnswer    SignalKind = 2
	SignalCandidate SignalKind = 3
	SignalFailed    SignalKind = 4
	SignalAddresses SignalKind = 5
)

// MaxSignal bounds the body of a Signal in bytes.
const MaxSignal = 16 << 10

// Signal sets up a lane: it carries a message of the lane's own protocol to the
// peer's end of the lane. It travels sealed, as a control message, so the relay
// sees neither addresses nor fingerprints.
//
//	0x01 | kind u8 | lane u32 | body bytes16
type Signal struct {
	Kind SignalKind
	Lane uint32
	Body string
}

// Append appends the message to b.
func (s Signal) Append(b []byte) []byte {
	b = append(b, byte(TypeSignal), byte(s.Kind))
	b = binary.BigEndian.AppendUint32(b, s.Lane)
	return appendBytes16(b, s.Body)
}

// ParseSignal parses a Signal.
func ParseSignal(m []byte) (Signal, error) {
	c := message(m, TypeSignal)
	s := Signal{Kind: SignalKind(c.u8()), Lane: c.u32(), Body: string(c.bytes16(MaxSignal))}
	if c.err == nil && (s.Kind < SignalOffer || s.Kind > SignalAddresses) {
		c.fail("signal kind %d", s.Kind)
	}
	return s, c.done()
}
