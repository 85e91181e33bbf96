package wire

import "fmt"

// HandshakeAbort ends a handshake or a resumption, from either side, in place of
// any message. It is not authenticated, so it only explains a failure.
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
	AbortRefused   AbortReason = 4 // the code is used up, or the peer cannot go on
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
