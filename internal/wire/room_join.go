package wire

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

// RoomRole says as what a peer joins a room.
type RoomRole uint8

// The roles.
const (
	RoomReceiver RoomRole = 1 // the receiver of a code
	RoomSender   RoomRole = 2 // the sender of a code, who has the room's ticket
	RoomResumer  RoomRole = 3 // one of the two peers of a resume room
)

// Sizes of a join, in bytes.
const (
	MaxRelayPassword = 128 // of the password of a relay

	MaxRoomJoin = 3 + 16 + 16 + 1 + MaxRelayPassword // of the largest frame
)

// RoomJoin is the first frame that a peer sends: which room it joins, and as
// what. The relay answers with a welcome or an error.
//
//	0x08 | version u8 = 2 | role u8 = 1 | nameplate bytes8
//	0x08 | version u8 = 2 | role u8 = 2 | nameplate bytes8 | ticket 16
//	0x08 | version u8 = 2 | role u8 = 3 | resume room 16 | peer 16
//
// The password of a closed relay follows, as a bytes8, unless it is empty.
//
// A ticket, and the id of a peer in a resume room, show that a newcomer is the
// peer that has the slot already. The newcomer gets the slot at once, and the
// older connection, which its owner must have lost, is closed.
//
// All of it but the nameplate is secret. So it travels in a frame or in a header
// that proxies do not log, never in a URL.
type RoomJoin struct {
	Role RoomRole

	Nameplate string // of a code's room
	Ticket    Ticket // of a sender

	Resume [16]byte // of a resumer: the id of the resume room
	Peer   [16]byte // of a resumer: random bytes that its process keeps for the room

	Password string // of the relay; empty if the peer knows none
}

// ValidRelayPassword reports whether s can be the password of a relay.
func ValidRelayPassword(s string) bool {
	return s != "" && len(s) <= MaxRelayPassword && utf8.ValidString(s)
}

// Append appends the frame to b.
func (j RoomJoin) Append(b []byte) []byte {
	b = append(b, byte(RoomJoinKind), RoomVersion, byte(j.Role))
	switch j.Role {
	case RoomReceiver:
		b = appendBytes8(b, []byte(j.Nameplate))
	case RoomSender:
		b = append(appendBytes8(b, []byte(j.Nameplate)), j.Ticket[:]...)
	default:
		b = append(append(b, j.Resume[:]...), j.Peer[:]...)
	}
	if j.Password != "" {
		b = appendBytes8(b, []byte(j.Password))
	}
	return b
}

// ParseRoomJoin parses a whole join frame. A frame of another version of the
// protocol is an error that wraps a RoomVersionError.
func ParseRoomJoin(b []byte) (RoomJoin, error) {
	c := cursor{rest: b}
	if kind := RoomKind(c.u8()); c.err == nil && kind != RoomJoinKind {
		c.fail("frame kind %#02x, a join expected", uint8(kind))
	}
	if v := c.u8(); c.err == nil && v != RoomVersion {
		return RoomJoin{}, fmt.Errorf("%w: %w", ErrMalformed, RoomVersionError(v))
	}
	j := RoomJoin{Role: RoomRole(c.u8())}
	switch j.Role {
	case RoomReceiver, RoomSender:
		j.Nameplate = string(c.bytes8(MaxNameplateDigits))
		if c.err == nil && !ValidNameplate(j.Nameplate) {
			c.fail("not a nameplate")
		}
		if j.Role == RoomSender {
			j.Ticket = Ticket(c.array16())
		}
	case RoomResumer:
		j.Resume, j.Peer = c.array16(), c.array16()
	default:
		c.fail("role %d", uint8(j.Role))
	}
	if c.err == nil && len(c.rest) > 0 {
		j.Password = string(c.bytes8(MaxRelayPassword))
		if c.err == nil && !ValidRelayPassword(j.Password) {
			c.fail("not a password")
		}
	}
	if err := c.done(); err != nil {
		return RoomJoin{}, err
	}
	return j, nil
}

// A WebSocket's first message can only follow the answer to its upgrade, which
// costs a round trip. A peer that can set headers saves it and sends its join in
// the upgrade itself. This header is the one that servers keep out of their logs:
//
//	Authorization: Tallow <the frame in base64url, without padding>
//
// The answer then has the header RoomJoinHeader. If it has not, something on the
// way removed the join, and the peer sends it as its first message.
const (
	roomJoinScheme = "Tallow"
	RoomJoinHeader = "Tallow-Join"
	RoomJoinHeard  = "received" // the value of RoomJoinHeader
)

// Authorization returns the value of an Authorization header that carries j.
func (j RoomJoin) Authorization() string {
	return roomJoinScheme + " " + base64.RawURLEncoding.EncodeToString(j.Append(nil))
}

// ParseRoomAuthorization parses the value of an Authorization header. It reports
// false if the header is of another scheme or empty, and so carries no join.
func ParseRoomAuthorization(value string) (j RoomJoin, found bool, err error) {
	scheme, text, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, roomJoinScheme) {
		return RoomJoin{}, false, nil
	}
	if len(text) > base64.RawURLEncoding.EncodedLen(MaxRoomJoin) {
		return RoomJoin{}, true, malformed("a join of %d characters", len(text))
	}
	frame, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // which the decoder skips
		return RoomJoin{}, true, malformed("a join that is not base64url")
	}
	j, err = ParseRoomJoin(frame)
	return j, true, err
}
