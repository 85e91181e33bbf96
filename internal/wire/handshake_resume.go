package wire

import "encoding/binary"

// Q1 opens the resumption of a session, from the receiver to the sender.
//
//	0x14 | nonce 16 | incarnation 16 | generation u32 | public key 1216
type Q1 struct {
	Nonce       [16]byte // the receiver's fresh random bytes
	Incarnation [16]byte // what the receiver's process drew when it started
	Generation  uint32   // counts the resumptions of one incarnation
	PublicKey   [XWingPublicKeySize]byte
}

// Append appends the message to b.
func (m Q1) Append(b []byte) []byte {
	b = append(b, kindQ1)
	b = append(b, m.Nonce[:]...)
	b = append(b, m.Incarnation[:]...)
	b = binary.BigEndian.AppendUint32(b, m.Generation)
	return append(b, m.PublicKey[:]...)
}

// ParseQ1 parses a Q1. That the key is one is not looked at.
func ParseQ1(b []byte) (Q1, error) {
	c := handshake(b, kindQ1)
	m := Q1{Nonce: c.array16(), Incarnation: c.array16(), Generation: c.u32()}
	copy(m.PublicKey[:], c.take(len(m.PublicKey)))
	if err := c.done(); err != nil {
		return Q1{}, err
	}
	return m, nil
}

// Q2 answers Q1, from the sender to the receiver, and proves that the sender
// has the session's resume secret.
//
//	0x15 | nonce 16 | ciphertext 1120 | confirmation 32
type Q2 struct {
	Nonce        [16]byte // the sender's fresh random bytes
	Ciphertext   [XWingCiphertextSize]byte
	Confirmation [32]byte
}

// AppendUnconfirmed appends all of the message but its confirmation to b: what
// the confirmation is about.
func (m Q2) AppendUnconfirmed(b []byte) []byte {
	b = append(b, kindQ2)
	b = append(b, m.Nonce[:]...)
	return append(b, m.Ciphertext[:]...)
}

// Append appends the message to b.
func (m Q2) Append(b []byte) []byte {
	return append(m.AppendUnconfirmed(b), m.Confirmation[:]...)
}

// ParseQ2 parses a Q2.
func ParseQ2(b []byte) (Q2, error) {
	c := handshake(b, kindQ2)
	m := Q2{Nonce: c.array16()}
	copy(m.Ciphertext[:], c.take(len(m.Ciphertext)))
	m.Confirmation = c.array32()
	if err := c.done(); err != nil {
		return Q2{}, err
	}
	return m, nil
}

// Q3 is the receiver's proof that it has the session's resume secret.
//
//	0x16 | confirmation 32
type Q3 struct{ Confirmation [32]byte }

// Append appends the message to b.
func (m Q3) Append(b []byte) []byte { return append(append(b, kindQ3), m.Confirmation[:]...) }

// ParseQ3 parses a Q3.
func ParseQ3(b []byte) (Q3, error) {
	c := handshake(b, kindQ3)
	m := Q3{Confirmation: c.array32()}
	if err := c.done(); err != nil {
		return Q3{}, err
	}
	return m, nil
}
