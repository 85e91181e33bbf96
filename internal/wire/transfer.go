package wire

import "unicode/utf8"

// Type is the first byte of a control message and says which one it is.
type Type uint8

// The control messages. S is the sender, R the receiver.
//
//	S: Offer, Manifest ...          R: Accept or Decline
//	S: Omitted, Manifest pages      R: Have ..., Want (one a page)
//	S: data records, Same, End      R: Ack ..., Settled ...
//	                                R: Complete
//	S: Invitation, if both keep each other; Done
//
// Each side: Hello first, Signal, Pause and Limit at any time, Cancel once.
const (
	TypeSignal   Type = 0x01
	TypeHello    Type = 0x02
	TypeOffer    Type = 0x10
	TypeAccept   Type = 0x11
	TypeDecline  Type = 0x12
	TypeManifest Type = 0x13
	TypeWant     Type = 0x14
	TypeHave     Type = 0x15
	TypeSame     Type = 0x16
	TypeEnd      Type = 0x17
	TypeAck      Type = 0x18
	TypeSettled  Type = 0x19
	TypeComplete Type = 0x1A
	TypeDone     Type = 0x1B
	TypePause    Type = 0x1C
	TypeLimit    Type = 0x1D
	TypeOmitted  Type = 0x1E
	TypeCancel   Type = 0x1F

	TypeInvitation Type = 0x20
)

// BlockSize is the size in bytes of a block, the unit of hashing, acknowledging and
// resuming. Only the last block of a file may be shorter.
const BlockSize = 1 << 20

// MaxMessageText bounds, in bytes, the text for people in a message.
const MaxMessageText = 1024

// Blocks is the number of blocks of a file of size bytes.
func Blocks(size int64) uint32 { return uint32((size + BlockSize - 1) / BlockSize) }

// MaxFileSize is the largest file in bytes: block numbers have 32 bits.
const MaxFileSize = BlockSize * (1<<32 - 1)

// TypeOf returns the type of a control message; false if it is empty.
func TypeOf(m []byte) (Type, bool) {
	if len(m) == 0 {
		return 0, false
	}
	return Type(m[0]), true
}

// message starts a cursor after the type of a control message, which must be t.
func message(m []byte, t Type) *cursor {
	c := &cursor{rest: m}
	if got := Type(c.u8()); c.err == nil && got != t {
		c.fail("a message of type %#02x, %#02x wanted", uint8(got), uint8(t))
	}
	return c
}

// clip shortens a text for people to at most limit bytes of whole characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
