package wire

import "encoding/binary"

const (
	maxProposal = 1 + 1 + 2*MaxProposed + 1 + 2*MaxProposed + XWingPublicKeySize
	choiceSize  = 1 + 2 + 2 + XWingCiphertextSize
)

// M1 opens the handshake, from the receiver to the sender.
//
//	0x10 | nonce 16 | share 32 | commitment 32 | proposal bytes16
//
// Proposal is the encoding of a Proposal, kept as bytes because CPace takes in
// exactly these bytes, as ADa.
type M1 struct {
	Nonce      [16]byte // the receiver's half of the session id
	Share      [32]byte // Ya, a ristretto255 point
	Commitment [32]byte // to the Opening of M3
	Proposal   []byte   // aliases the input of ParseM1
}

// Append appends the message to b.
func (m M1) Append(b []byte) []byte {
	b = append(b, kindM1)
	b = append(b, m.Nonce[:]...)
	b = append(b, m.Share[:]...)
	b = append(b, m.Commitment[:]...)
	return appendBytes16(b, m.Proposal)
}

// ParseM1 parses an M1, but not its Proposal.
func ParseM1(b []byte) (M1, error) {
	c := handshake(b, kindM1)
	m := M1{Nonce: c.array16(), Share: c.array32(), Commitment: c.array32(), Proposal: c.bytes16(maxProposal)}
	if err := c.done(); err != nil {
		return M1{}, err
	}
	return m, nil
}

// Proposal lists what the receiver supports, and has its X-Wing public key.
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

// ParseProposal parses a Proposal. It does not check that the key is valid.
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
// Choice is the encoding of a Choice, kept as bytes because CPace takes in exactly
// these bytes, as ADb.
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

// ParseM2 parses an M2, but not its Choice.
func ParseM2(b []byte) (M2, error) {
	c := handshake(b, kindM2)
	m := M2{Share: c.array32(), Choice: c.take(choiceSize)}
	if err := c.done(); err != nil {
		return M2{}, err
	}
	return m, nil
}

// Choice is what the sender chose from a Proposal, and an X-Wing ciphertext for
// its key.
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

// M3 is the receiver's proof that it has the key. It opens the commitment of M1.
//
//	0x12 | confirmation 32 | opening 32
type M3 struct{ Confirmation, Opening [32]byte }

// Append appends the message to b.
func (m M3) Append(b []byte) []byte {
	b = append(b, kindM3)
	b = append(b, m.Confirmation[:]...)
	return append(b, m.Opening[:]...)
}

// ParseM3 parses an M3.
func ParseM3(b []byte) (M3, error) {
	c := handshake(b, kindM3)
	m := M3{Confirmation: c.array32(), Opening: c.array32()}
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
