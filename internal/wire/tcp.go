package wire

import "encoding/binary"

// A TCP connection begins with these messages, before the first record. D dials
// and A accepts. They have fixed sizes and no type byte, since each end knows
// which message comes next. Package handshake makes and checks the proofs.
//
//	D                                 A
//	 | -- TCPHello ----------------> |
//	 | <- TCPAnswer ---------------- |
//	 | -- TCPConfirm --------------> |   only where the receiver of files dials
//	 | <- TCPLane -----------------> |   from the sender of files, whoever dials

// Sizes of these messages.
const (
	TCPHelloSize   = 64
	TCPAnswerSize  = 64
	TCPConfirmSize = 32
	TCPLaneSize    = 36
)

// TCPHello is the dialer's first message.
//
//	nonce 32 | proof 32
type TCPHello struct{ Nonce, Proof [32]byte }

// Append appends the message to b.
func (m TCPHello) Append(b []byte) []byte { return append(append(b, m.Nonce[:]...), m.Proof[:]...) }

// ParseTCPHello parses a TCPHello.
func ParseTCPHello(b []byte) (TCPHello, error) {
	c := cursor{rest: b}
	m := TCPHello{Nonce: c.array32(), Proof: c.array32()}
	if err := c.done(); err != nil {
		return TCPHello{}, err
	}
	return m, nil
}

// TCPAnswer is the acceptor's answer to a TCPHello.
//
//	nonce 32 | proof 32
type TCPAnswer struct{ Nonce, Proof [32]byte }

// Append appends the message to b.
func (m TCPAnswer) Append(b []byte) []byte { return append(append(b, m.Nonce[:]...), m.Proof[:]...) }

// ParseTCPAnswer parses a TCPAnswer.
func ParseTCPAnswer(b []byte) (TCPAnswer, error) {
	c := cursor{rest: b}
	m := TCPAnswer{Nonce: c.array32(), Proof: c.array32()}
	if err := c.done(); err != nil {
		return TCPAnswer{}, err
	}
	return m, nil
}

// TCPConfirm is the dialer's proof over the acceptor's nonce.
//
//	proof 32
type TCPConfirm struct{ Proof [32]byte }

// Append appends the message to b.
func (m TCPConfirm) Append(b []byte) []byte { return append(b, m.Proof[:]...) }

// ParseTCPConfirm parses a TCPConfirm.
func ParseTCPConfirm(b []byte) (TCPConfirm, error) {
	c := cursor{rest: b}
	m := TCPConfirm{Proof: c.array32()}
	if err := c.done(); err != nil {
		return TCPConfirm{}, err
	}
	return m, nil
}

// TCPLane says which lane the connection becomes. Records follow it.
//
//	lane u32 | proof 32
type TCPLane struct {
	Lane  uint32
	Proof [32]byte
}

// Append appends the message to b.
func (m TCPLane) Append(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, m.Lane), m.Proof[:]...)
}

// ParseTCPLane parses a TCPLane.
func ParseTCPLane(b []byte) (TCPLane, error) {
	c := cursor{rest: b}
	m := TCPLane{Lane: c.u32(), Proof: c.array32()}
	if err := c.done(); err != nil {
		return TCPLane{}, err
	}
	return m, nil
}
