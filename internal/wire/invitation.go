package wire

// MaxInvitation bounds the body of an Invitation, in bytes.
const MaxInvitation = 16_384

// Invitation has what the receiver needs to keep the sender. It comes once, between
// Complete and Done, if the Hellos of both sides say that they keep each other.
//
//	0x20 | body bytes16, not empty
//
// The body is the business of who keeps: docs/protocol.md, section 18.
type Invitation struct{ Body []byte }

// Append appends the message to b. The body must not be longer than MaxInvitation.
func (m Invitation) Append(b []byte) []byte {
	return appendBytes16(append(b, byte(TypeInvitation)), m.Body)
}

// ParseInvitation parses an Invitation. The result aliases p.
func ParseInvitation(p []byte) (Invitation, error) {
	c := message(p, TypeInvitation)
	m := Invitation{Body: c.bytes16(MaxInvitation)}
	if c.err == nil && len(m.Body) == 0 {
		c.fail("an empty invitation")
	}
	return m, c.done()
}
