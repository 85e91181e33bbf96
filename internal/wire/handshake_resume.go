package wire

import "encoding/binary"

// MaxGeneration is the highest generation of a resumption. The number of a lane
// has 16 bits for it. The first is 1: the code handshake has generation 0.
const MaxGeneration = 1<<16 - 1

// Q1 opens the resumption of a session, from the receiver to the sender.
//
//	0x14 | nonce 16 | incarnation 16 | generation u32 | commitment 32 | public key 1216
type Q1 struct {
	Nonce       [16]byte // random bytes of the receiver
	Incarnation [16]byte // names the receiver's process
	Generation  uint32   // counts the resumptions of one incarnation: 1 to MaxGeneration
	Commitment  [32]byte // to the Opening of Q3
	PublicKey   [XWingPublicKeySize]byte
}

// Append appends the message to b.
func (m Q1) Append(b []byte) []byte {
	b = append(b, kindQ1)
	b = append(b, m.Nonce[:]...)
	b = append(b, m.Incarnation[:]...)
	b = binary.BigEndian.AppendUint32(b, m.Generation)
	b = append(b, m.Commitment[:]...)
	return append(b, m.PublicKey[:]...)
}

// ParseQ1 parses a Q1. It does not check that the key is valid.
func ParseQ1(b []byte) (Q1, error) {
	c := handshake(b, kindQ1)
	m := Q1{Nonce: c.array16(), Incarnation: c.array16(), Generation: c.u32(), Commitment: c.array32()}
	if c.err == nil && (m.Generation == 0 || m.Generation > MaxGeneration) {
		c.fail("generation %d, not 1 to %d", m.Generation, MaxGeneration)
	}
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
	Nonce        [16]byte // random bytes of the sender
	Ciphertext   [XWingCiphertextSize]byte
	Confirmation [32]byte
}

// AppendUnconfirmed appends the message without its confirmation to b: the part
// that the confirmations of both sides cover.
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

// Q3 is the receiver's proof that it has the session's resume secret. It opens
// the commitment of Q1.
//
//	0x16 | confirmation 32 | opening 32
type Q3 struct{ Confirmation, Opening [32]byte }

// Append appends the message to b.
func (m Q3) Append(b []byte) []byte {
	b = append(b, kindQ3)
	b = append(b, m.Confirmation[:]...)
	return append(b, m.Opening[:]...)
}

// ParseQ3 parses a Q3.
func ParseQ3(b []byte) (Q3, error) {
	c := handshake(b, kindQ3)
	m := Q3{Confirmation: c.array32(), Opening: c.array32()}
	if err := c.done(); err != nil {
		return Q3{}, err
	}
	return m, nil
}
