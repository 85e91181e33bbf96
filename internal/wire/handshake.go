package wire

import "encoding/binary"

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

// Sizes of X-Wing's values in bytes (draft-connolly-cfrg-xwing-kem-05).
const (
	XWingPublicKeySize  = 1216
	XWingCiphertextSize = 1120
)

// Role is the side that wrote a message. By it a side recognises its own message
// when it is sent back.
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

// handshake starts a cursor after the kind byte of a handshake message.
func handshake(b []byte, kind byte) *cursor {
	c := &cursor{rest: b}
	if k := c.u8(); c.err == nil && k != kind {
		c.fail("handshake message 0x%02x instead of 0x%02x", k, kind)
	}
	return c
}
