package link

import (
	"errors"
	"fmt"
)

// ErrNoRelay is returned when neither the code nor the Config names a relay and
// there is no local network on which to look for one.
var ErrNoRelay = errors.New("no relay is named")

// ErrPeerGone is returned when a receiver whose disk was full did not come back
// in time.
var ErrPeerGone = errors.New("the peer did not come back in time")

// ErrTriedBefore is returned for a code that this receiver has tried before
// without success.
var ErrTriedBefore = errors.New("this code was tried here before, and failed")

// RelayNameError is an invalid name of a relay.
type RelayNameError struct {
	Name string
	Err  error
}

func (e *RelayNameError) Error() string { return fmt.Sprintf("relay %q: %v", e.Name, e.Err) }
func (e *RelayNameError) Unwrap() error { return e.Err }

// ListenError is the failure of a relay in this process to listen.
type ListenError struct{ Err error }

func (e *ListenError) Error() string { return fmt.Sprintf("listen on this network: %v", e.Err) }
func (e *ListenError) Unwrap() error { return e.Err }

// NotFoundError is returned when a sender was not found on this network.
type NotFoundError struct {
	Nameplate string
	Ambiguous bool // two senders announce the same nameplate
	Err       error
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("find the sender %s on this network: %v", e.Nameplate, e.Err)
}
func (e *NotFoundError) Unwrap() error { return e.Err }

// SenderUnreachableError means that a sender announces itself on this network but
// cannot be reached.
type SenderUnreachableError struct {
	Nameplate string
	Err       error
}

func (e *SenderUnreachableError) Error() string {
	return fmt.Sprintf("reach the sender %s on this network: %v", e.Nameplate, e.Err)
}
func (e *SenderUnreachableError) Unwrap() error { return e.Err }

// WordCountError means that a code has fewer or more words than the sender's. It
// burns no code.
type WordCountError struct {
	Have int // in the code given to Dial
	Want int // in the sender's code
}

func (e *WordCountError) Error() string {
	return fmt.Sprintf("the code has %d words, not %d", e.Want, e.Have)
}

// HandshakeFailure is the reason why a handshake was interrupted after it had
// burnt its code.
type HandshakeFailure string

// The reasons why a handshake is interrupted.
const (
	FailurePeerLeft  HandshakeFailure = "the peer left"
	FailureRelayLost HandshakeFailure = "the connection to the relay broke"
	FailureTimeout   HandshakeFailure = "the peer did not answer in time"
	FailureMalformed HandshakeFailure = "a message made no sense"
)

// HandshakeError is a handshake that was interrupted after it had burnt its
// code.
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
