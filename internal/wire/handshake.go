package wire

import (
	"encoding/binary"
	"fmt"
)

// The first byte of each handshake message.
const (
	kindM1             byte = 0x10
	kindM2             byte = 0x11
	kindM3             byte = 0x12
	kindM4             byte = 0x13
	kindQ1             byte = 0x14
	kindQ2             byte = 0x15
	kindQ3             byte = 0x16
	kindHandshakeAbort byte = 0x1f
)

// MaxProposed bounds the versions of a Proposal, and its suites.
const MaxProposed = 16

// Sizes of X-Wing's values in bytes (draft-connolly-cfrg-xwing-kem).
const (
	XWingPublicKeySize  = 1216
	XWingCiphertextSize = 1120
)

const (
	maxProposal = 1 + 1 + 2*MaxProposed + 1 + 2*MaxProposed + XWingPublicKeySize
	choiceSize  = 1 + 2 + 2 + XWingCiphertextSize
)

// Role is the side that wrote a message, so that one which is sent back to its
// writer gives itself away.
type Role uint8

// The roles.
const (
	RoleReceiver Role = 1
	RoleSender   Role = 2
)

func (c *cursor) role() Role {
	r := Role(c.u8())
	if c.err == nil && r != RoleReceiver && r != RoleSender {
		c.fail("role %d", r)
	}
	return r
}

// numbers reads a list of versions or suites.
//
//	count u8 | count x u16
func (c *cursor) numbers() []uint16 {
	n := int(c.u8())
	if n > MaxProposed {
		c.fail("%d choices, at most %d allowed", n, MaxProposed)
	}
	if c.err != nil {
		return nil
	}
	list := make([]uint16, n)
	for i := range list {
		list[i] = c.u16()
	}
	return list
}

func appendNumbers(b []byte, list []uint16) []byte {
	b = append(b, byte(len(list)))
	for _, n := range list {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

// handshake starts a cursor behind the kind byte of a handshake message.
func handshake(b []byte, kind byte) *cursor {
	c := &cursor{rest: b}
	if k := c.u8(); c.err == nil && k != kind {
		c.fail("handshake message 0x%02x instead of 0x%02x", k, kind)
	}
	return c
}

// M1 opens the handshake, from the receiver to the sender.
//
//	0x10 | nonce 16 | share 32 | proposal bytes16
//
// Proposal is the encoding of a Proposal: CPace takes in the very bytes, as ADa.
type M1 struct {
	Nonce    [16]byte // the receiver's half of the session id
	Share    [32]byte // Ya, a ristretto255 point
	Proposal []byte   // aliases the input of ParseM1
}

// Append appends the message to b.
func (m M1) Append(b []byte) []byte {
	b = append(b, kindM1)
	b = append(b, m.Nonce[:]...)
	b = append(b, m.Share[:]...)
	return appendBytes16(b, m.Proposal)
}

// ParseM1 parses an M1, except for what is inside of its Proposal.
func ParseM1(b []byte) (M1, error) {
	c := handshake(b, kindM1)
	m := M1{Nonce: c.array16(), Share: c.array32(), Proposal: c.bytes16(maxProposal)}
	if err := c.done(); err != nil {
		return M1{}, err
	}
	return m, nil
}

// Proposal is what the receiver can speak, and the key to encapsulate to.
//
//	role u8 | count u8 | count x version u16 | count u8 | count x suite u16 | public key 1216
type Proposal struct {
	Role      Role
	Versions  []uint16 // at most MaxProposed
	Suites    []uint16 // at most MaxProposed
	PublicKey [XWingPublicKeySize]byte
}

// Append appends the proposal to b.
func (p Proposal) Append(b []byte) []byte {
	b = append(b, byte(p.Role))
	b = appendNumbers(b, p.Versions)
	b = appendNumbers(b, p.Suites)
	return append(b, p.PublicKey[:]...)
}

// ParseProposal parses a Proposal. That the key is one is not looked at.
func ParseProposal(b []byte) (Proposal, error) {
	c := &cursor{rest: b}
	p := Proposal{Role: c.role(), Versions: c.numbers(), Suites: c.numbers()}
	copy(p.PublicKey[:], c.take(len(p.PublicKey)))
	if err := c.done(); err != nil {
		return Proposal{}, err
	}
	return p, nil
}

// M2 answers M1, from the sender to the receiver.
//
//	0x11 | share 32 | choice 1125
//
// Choice is the encoding of a Choice: CPace takes in the very bytes, as ADb.
type M2 struct {
	Share  [32]byte // Yb, a ristretto255 point
	Choice []byte   // aliases the input of ParseM2
}

// Append appends the message to b.
func (m M2) Append(b []byte) []byte {
	b = append(b, kindM2)
	b = append(b, m.Share[:]...)
	return append(b, m.Choice...)
}

// ParseM2 parses an M2, except for what is inside of its Choice.
func ParseM2(b []byte) (M2, error) {
	c := handshake(b, kindM2)
	m := M2{Share: c.array32(), Choice: c.take(choiceSize)}
	if err := c.done(); err != nil {
		return M2{}, err
	}
	return m, nil
}

// Choice is what the sender chose of a Proposal, and the key that it
// encapsulated.
//
//	role u8 | version u16 | suite u16 | ciphertext 1120
type Choice struct {
	Role       Role
	Version    uint16
	Suite      uint16
	Ciphertext [XWingCiphertextSize]byte
}

// Append appends the choice to b.
func (ch Choice) Append(b []byte) []byte {
	b = append(b, byte(ch.Role))
	b = binary.BigEndian.AppendUint16(b, ch.Version)
	b = binary.BigEndian.AppendUint16(b, ch.Suite)
	return append(b, ch.Ciphertext[:]...)
}

// ParseChoice parses a Choice.
func ParseChoice(b []byte) (Choice, error) {
	c := &cursor{rest: b}
	ch := Choice{Role: c.role(), Version: c.u16(), Suite: c.u16()}
	copy(ch.Ciphertext[:], c.take(len(ch.Ciphertext)))
	if err := c.done(); err != nil {
		return Choice{}, err
	}
	return ch, nil
}

// M3 is the receiver's proof that it has the key.
//
//	0x12 | confirmation 32
type M3 struct{ Confirmation [32]byte }

// Append appends the message to b.
func (m M3) Append(b []byte) []byte { return append(append(b, kindM3), m.Confirmation[:]...) }

// ParseM3 parses an M3.
func ParseM3(b []byte) (M3, error) {
	c := handshake(b, kindM3)
	m := M3{Confirmation: c.array32()}
	if err := c.done(); err != nil {
		return M3{}, err
	}
	return m, nil
}

// M4 is the sender's proof that it has the key.
//
//	0x13 | confirmation 32
type M4 struct{ Confirmation [32]byte }

// Append appends the message to b.
func (m M4) Append(b []byte) []byte { return append(append(b, kindM4), m.Confirmation[:]...) }

// ParseM4 parses an M4.
func ParseM4(b []byte) (M4, error) {
	c := handshake(b, kindM4)
	m := M4{Confirmation: c.array32()}
	if err := c.done(); err != nil {
		return M4{}, err
	}
	return m, nil
}

// HandshakeAbort ends a handshake, from either side, in place of any message.
// Nothing authenticates it: it says why to a person and no more.
//
//	0x1f | reason u8
type HandshakeAbort struct{ Reason AbortReason }

// AbortReason is why a handshake was ended. A value that this version does not
// know is valid.
type AbortReason uint8

// The reasons.
const (
	AbortWrongCode AbortReason = 1 // the words differ, or someone interfered
	AbortVersion   AbortReason = 2 // no version or suite in common
	AbortMalformed AbortReason = 3 // a message could not be used
	AbortRefused   AbortReason = 4 // the code is used up, or its owner does not want this
	AbortWrongPeer AbortReason = 5 // not the peer of the session that is to be resumed
	AbortStale     AbortReason = 6 // a resumption of this generation, or a later one, is done
)

func (r AbortReason) String() string {
	switch r {
	case AbortWrongCode:
		return "wrong code"
	case AbortVersion:
		return "no version in common"
	case AbortMalformed:
		return "malformed message"
	case AbortRefused:
		return "refused"
	case AbortWrongPeer:
		return "wrong peer"
	case AbortStale:
		return "stale generation"
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Append appends the message to b.
func (a HandshakeAbort) Append(b []byte) []byte {
	return append(b, kindHandshakeAbort, byte(a.Reason))
}

// ParseHandshakeAbort parses a HandshakeAbort.
func ParseHandshakeAbort(b []byte) (HandshakeAbort, error) {
	c := handshake(b, kindHandshakeAbort)
	a := HandshakeAbort{Reason: AbortReason(c.u8())}
	if err := c.done(); err != nil {
		return HandshakeAbort{}, err
	}
	return a, nil
}
