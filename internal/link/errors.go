package link

import (
	"errors"
	"fmt"
)

// ErrNoRelay: no relay is named, and there is no local network to look on.
var ErrNoRelay = errors.New("no relay is named")

// ErrPeerGone: the peer whose disk was full did not come back in time.
var ErrPeerGone = errors.New("the peer did not come back in time")

// ErrTriedBefore: this receiver has tried the code, and its handshake failed.
var ErrTriedBefore = errors.New("this code was tried here before, and failed")

// RelayNameError is a relay's name that makes no sense.
type RelayNameError struct {
	Name string
	Err  error
}

func (e *RelayNameError) Error() string { return fmt.Sprintf("relay %q: %v", e.Name, e.Err) }
func (e *RelayNameError) Unwrap() error { return e.Err }

// ListenError is a relay in this process that cannot listen.
type ListenError struct{ Err error }

func (e *ListenError) Error() string { return fmt.Sprintf("listen on this network: %v", e.Err) }
func (e *ListenError) Unwrap() error { return e.Err }

// NotFoundError is a sender that was not found on this network.
type NotFoundError struct {
	Nameplate string
	Ambiguous bool // there are two with the same nameplate
	Err       error
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("find the sender %s on this network: %v", e.Nameplate, e.Err)
}
func (e *NotFoundError) Unwrap() error { return e.Err }

// HandshakeFailure says how a handshake with a code ended after the code was at
// stake: it is used up.
type HandshakeFailure string

// The ways in which a handshake is broken off.
const (
	FailurePeerLeft  HandshakeFailure = "the peer left"
	FailureRelayLost HandshakeFailure = "the connection to the relay broke"
	FailureTimeout   HandshakeFailure = "the peer did not answer in time"
	FailureMalformed HandshakeFailure = "a message made no sense"
)

// HandshakeError is a handshake that was broken off after its code was at stake.
type HandshakeError struct {
	Failure HandshakeFailure
	Role    Role // of this side
	Err     error
}

func (e *HandshakeError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("handshake: %s", e.Failure)
	}
	return fmt.Sprintf("handshake: %s: %v", e.Failure, e.Err)
}

func (e *HandshakeError) Unwrap() error { return e.Err }
