package wire

import (
	"fmt"
	"unicode/utf8"
)

// The room protocol: what a peer and the relay say to each other. The sender
// opens a room over HTTP (room_open.go). Each peer then joins it over a WebSocket
// of its own (room_join.go), and every binary message on it is one frame. Two
// peers that have met may meet again in a resume room, which nobody opens and
// which has no roles: there is nothing to burn or close.
//
//	frame = kind u8 | body
//
//	0x01 welcome  relay -> peer          version u8 | flags u8 | nonce 16 | STUN address string
//	0x02 joined   relay -> peer          empty: the other peer has joined
//	0x03 left     relay -> peer          empty: the other peer has left
//	0x04 error    relay -> peer          code u8 | retry u16 | message string; the relay hangs up after it
//	0x05 forward  peer -> relay -> peer  payload, at most MaxRoomPayload bytes, passed on as it is
//	0x06 burn     sender -> relay        empty: from now on nobody can join as the receiver
//	0x07 close    sender -> relay        empty: the sender withdraws, the room ends now
//	0x08 join     peer -> relay          version u8 | role u8 | what proves the role; the first frame
//	0x09 TURN?    peer -> relay          empty: the peer asks for TURN servers
//	0x0a TURN     relay -> peer          the answer: servers and a credential (room_turn.go)
const (
	RoomWelcomeKind RoomKind = 0x01
	RoomJoinedKind  RoomKind = 0x02
	RoomLeftKind    RoomKind = 0x03
	RoomErrorKind   RoomKind = 0x04
	RoomForwardKind RoomKind = 0x05
	RoomBurnKind    RoomKind = 0x06
	RoomCloseKind   RoomKind = 0x07
	RoomJoinKind    RoomKind = 0x08
	RoomAskTURNKind RoomKind = 0x09
	RoomTURNKind    RoomKind = 0x0a
)

// Limits of the room protocol, in bytes unless said otherwise.
const (
	RoomVersion = 2 // of the room protocol

	MaxRoomPayload = 66_000             // of one forward frame: a sealed record of 64 KiB and its heads
	MaxRoomFrame   = 1 + MaxRoomPayload // of any frame
	MaxRoomText    = 512                // of the message of an error frame
	MaxRoomSTUN    = 261                // of a STUN address: a host name of 255, ":" and a port

	MaxNameplateDigits = 9 // digits, the first of them not 0
)

// RoomKind is the first byte of a frame.
type RoomKind uint8

// ParseRoomKind returns the kind of the frame b after checking that a frame of
// that kind may have b's length. Welcome, error, join and TURN frames have parsers
// of their own. The payload of a forward frame is b[1:].
func ParseRoomKind(b []byte) (RoomKind, error) {
	if len(b) == 0 {
		return 0, malformed("an empty frame")
	}
	kind := RoomKind(b[0])
	switch kind {
	case RoomForwardKind, RoomWelcomeKind, RoomErrorKind, RoomTURNKind:
		if len(b) > MaxRoomFrame {
			return 0, malformed("a frame of %d bytes, at most %d allowed", len(b), MaxRoomFrame)
		}
	case RoomJoinKind:
		if len(b) > MaxRoomJoin {
			return 0, malformed("a join of %d bytes, at most %d allowed", len(b), MaxRoomJoin)
		}
	case RoomJoinedKind, RoomLeftKind, RoomBurnKind, RoomCloseKind, RoomAskTURNKind:
		if len(b) > 1 {
			return 0, malformed("%d bytes left over", len(b)-1)
		}
	default:
		return 0, malformed("frame kind %#02x", b[0])
	}
	return kind, nil
}

// RoomFlags are the flags of a welcome frame. Bits without a name here are
// reserved and ignored.
type RoomFlags uint8

// The flags.
const (
	RoomPeerHere RoomFlags = 1 << 0 // the other peer is in the room already
	RoomHasTURN  RoomFlags = 1 << 1 // the relay answers a peer that asks for TURN servers
)

// Bits 3 to 6 of the flags are one less than the number of words, 0 if that is
// not known.
const (
	roomWordsShift           = 3
	roomWordsMask  RoomFlags = 0xf << roomWordsShift

	MinRoomWords = 2 // words of a code
	MaxRoomWords = 16
)

// RoomWelcome is the relay's answer to a join: the peer is in the room.
//
//	0x01 | version u8 = 2 | flags u8 | nonce 16 | STUN address: u16 length, UTF-8
type RoomWelcome struct {
	Flags RoomFlags
	// Words is how many words the code has, as its sender said; 0 if unknown.
	Words int
	// Nonce is the handshake nonce with which the sender opened the room. It is
	// zero in a resume room.
	Nonce [16]byte
	// STUN is "HOST:PORT", or ":PORT" for a port of the relay's own host, or
	// empty if the relay has none.
	STUN string
}

// Append appends the frame to b.
func (w RoomWelcome) Append(b []byte) []byte {
	flags := w.Flags &^ roomWordsMask
	if w.Words >= MinRoomWords && w.Words <= MaxRoomWords {
		flags |= RoomFlags(w.Words-1) << roomWordsShift
	}
	b = append(b, byte(RoomWelcomeKind), RoomVersion, byte(flags))
	b = append(b, w.Nonce[:]...)
	return appendBytes16(b, w.STUN)
}

// ParseRoomWelcome parses a whole welcome frame. A frame of another version of
// the protocol is an error that wraps a RoomVersionError.
func ParseRoomWelcome(b []byte) (RoomWelcome, error) {
	c := cursor{rest: b}
	if kind := RoomKind(c.u8()); c.err == nil && kind != RoomWelcomeKind {
		c.fail("frame kind %#02x, a welcome expected", uint8(kind))
	}
	if v := c.u8(); c.err == nil && v != RoomVersion {
		return RoomWelcome{}, fmt.Errorf("%w: %w", ErrMalformed, RoomVersionError(v))
	}
	flags := RoomFlags(c.u8())
	w := RoomWelcome{Flags: flags &^ roomWordsMask, Nonce: c.array16()}
	if n := int(flags & roomWordsMask >> roomWordsShift); n > 0 {
		w.Words = n + 1
	}
	w.STUN = c.text16(MaxRoomSTUN)
	if err := c.done(); err != nil {
		return RoomWelcome{}, err
	}
	return w, nil
}

// RoomVersionError is the version of another room protocol, which the other end
// of a WebSocket speaks.
type RoomVersionError uint8

func (v RoomVersionError) Error() string {
	return fmt.Sprintf("room protocol version %d, %d expected", uint8(v), RoomVersion)
}

// ValidNameplate reports whether s can be a nameplate: a decimal number of 1 to
// MaxNameplateDigits digits without a leading zero.
func ValidNameplate(s string) bool {
	if len(s) < 1 || len(s) > MaxNameplateDigits || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// text16 reads a string behind its length. It refuses invalid UTF-8.
func (c *cursor) text16(limit int) string {
	p := c.bytes16(limit)
	if c.err == nil && !utf8.Valid(p) {
		c.fail("text that is not UTF-8")
	}
	if c.err != nil {
		return ""
	}
	return string(p)
}
