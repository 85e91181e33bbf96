package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// RoomErrorCode says why the relay refuses or ends something. It is one byte in
// an error frame and a short word in JSON.
type RoomErrorCode uint8

// The codes. A value without a name here comes from a newer relay. Its message
// still says what happened.
const (
	RoomUnknown      RoomErrorCode = 1  // no room has this nameplate
	RoomFull         RoomErrorCode = 2  // the slot is taken, or the relay has no room left
	RoomUsed         RoomErrorCode = 3  // the code is burnt
	RoomTaken        RoomErrorCode = 4  // the nameplate asked for belongs to another room
	RoomTooLarge     RoomErrorCode = 5  // a message over the limit
	RoomMalformed    RoomErrorCode = 6  // a message or request that cannot be parsed or is not allowed
	RoomRate         RoomErrorCode = 7  // too many requests from this address
	RoomExpired      RoomErrorCode = 8  // nobody came in time
	RoomClosing      RoomErrorCode = 9  // the relay shuts down
	RoomTicket       RoomErrorCode = 10 // the ticket does not belong to the room
	RoomReplaced     RoomErrorCode = 11 // the same peer has joined again and has the slot now
	RoomIdle         RoomErrorCode = 12 // the peer did not join, or as the receiver sent nothing, in time
	RoomWrongVersion RoomErrorCode = 13 // the peer speaks another version of the room protocol
	RoomWithdrawn    RoomErrorCode = 14 // the sender has given up
	RoomQuota        RoomErrorCode = 15 // this address, or the owner of this password, has as much as it may
	RoomPassword     RoomErrorCode = 16 // the relay is closed, and the password is missing or wrong
	RoomDenied       RoomErrorCode = 17 // the relay does not serve this address
	RoomBusy         RoomErrorCode = 18 // the relay has as many connections as it can serve
	RoomUnavailable  RoomErrorCode = 19 // the relay cannot reach what it needs for this
	RoomExhausted    RoomErrorCode = 20 // the room has passed on as many bytes as it may
)

// roomErrorName returns the word of a code, or "" if it has none.
func roomErrorName(c RoomErrorCode) string {
	switch c {
	case RoomUnknown:
		return "unknown"
	case RoomFull:
		return "full"
	case RoomUsed:
		return "used"
	case RoomTaken:
		return "taken"
	case RoomTooLarge:
		return "too-large"
	case RoomMalformed:
		return "malformed"
	case RoomRate:
		return "rate"
	case RoomExpired:
		return "expired"
	case RoomClosing:
		return "closing"
	case RoomTicket:
		return "ticket"
	case RoomReplaced:
		return "replaced"
	case RoomIdle:
		return "idle"
	case RoomWrongVersion:
		return "version"
	case RoomWithdrawn:
		return "withdrawn"
	case RoomQuota:
		return "quota"
	case RoomPassword:
		return "password"
	case RoomDenied:
		return "denied"
	case RoomBusy:
		return "busy"
	case RoomUnavailable:
		return "unavailable"
	case RoomExhausted:
		return "exhausted"
	default:
		return ""
	}
}

func (c RoomErrorCode) String() string {
	if name := roomErrorName(c); name != "" {
		return name
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// MarshalText returns the code's word.
func (c RoomErrorCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText parses a code's word. A word of a newer relay is no error: it
// becomes the zero code.
func (c *RoomErrorCode) UnmarshalText(text []byte) error {
	*c = 0
	for code := RoomUnknown; code <= RoomExhausted; code++ {
		if roomErrorName(code) == string(text) {
			*c = code
		}
	}
	return nil
}

// RoomError is the last frame that a peer gets when the relay refuses or
// disconnects it.
//
//	0x04 | code u8, not 0 | retry u16 | message: u16 length, UTF-8
type RoomError struct {
	Code RoomErrorCode
	// Retry is after how long it makes sense to try again, in whole seconds. 0 says
	// nothing of that.
	Retry   time.Duration
	Message string // one sentence for a person
}

// Temporary reports whether the same request may be granted soon, so that a client
// that has time tries it again.
func (c RoomErrorCode) Temporary() bool {
	switch c {
	case RoomRate, RoomQuota, RoomBusy, RoomClosing, RoomUnavailable:
		return true
	}
	return false
}

// RetrySeconds returns a wait in whole seconds, rounded up, of at most 16 bits.
func RetrySeconds(wait time.Duration) uint16 {
	seconds := math.Ceil(wait.Seconds())
	return uint16(min(max(seconds, 0), math.MaxUint16))
}

// Append appends the frame to b.
func (e RoomError) Append(b []byte) []byte {
	b = append(b, byte(RoomErrorKind), byte(e.Code))
	b = binary.BigEndian.AppendUint16(b, RetrySeconds(e.Retry))
	return appendBytes16(b, e.Message)
}

// ParseRoomError parses a whole error frame.
func ParseRoomError(b []byte) (RoomError, error) {
	c := cursor{rest: b}
	if kind := RoomKind(c.u8()); c.err == nil && kind != RoomErrorKind {
		c.fail("frame kind %#02x, an error expected", uint8(kind))
	}
	e := RoomError{Code: RoomErrorCode(c.u8())}
	if c.err == nil && e.Code == 0 {
		c.fail("error code 0")
	}
	e.Retry = time.Duration(c.u16()) * time.Second
	e.Message = c.text16(MaxRoomText)
	if err := c.done(); err != nil {
		return RoomError{}, err
	}
	return e, nil
}
