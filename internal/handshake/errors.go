package handshake

import (
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// These are the ways in which a handshake or a resumption fails, besides
// wire.ErrMalformed for a malformed message. After any error the run is over.
var (
	// ErrWrongCode means that the confirmations differ: the two sides have
	// different words, nameplates or nonces, or a message was changed on its way.
	// These cannot be told apart.
	ErrWrongCode = errors.New("the code is not the same on both sides, or someone interfered")

	// ErrBurnt means that the code was tried before.
	ErrBurnt = errors.New("the code was tried before")

	// ErrVersion is wrapped by VersionError.
	ErrVersion = errors.New("no version in common")

	// ErrPoint means that the peer's share is not the canonical encoding of a
	// ristretto255 point (RFC 9496, section 4.3.1), or is the identity.
	ErrPoint = errors.New("the peer sent an invalid key")

	// ErrReflected means that a side's own message came back to it.
	ErrReflected = errors.New("our own message came back")

	// ErrOpening means that the receiver proved that it knows the code, and then
	// opened another value than the one it had committed to.
	ErrOpening = errors.New("the peer did not keep its commitment")

	// ErrGenerations means that the receiver's process has used all generations
	// up: the session cannot be resumed again.
	ErrGenerations = errors.New("too many resumptions")

	// ErrWrongPeer means that the confirmations of a resumption differ: the peer
	// has another resume secret or room, or a message was changed on its way. It
	// uses nothing up: another attempt may follow.
	ErrWrongPeer = errors.New("the peer is not the one that this session began with, or someone interfered")

	// ErrStale means that the Q1 is old: the sender has completed a resumption of
	// the same incarnation with this generation or a higher one.
	ErrStale = errors.New("an old request to resume came again")

	// ErrOrder means that no run waits for the message: it came too early, too
	// late or twice, or the caller called out of order.
	ErrOrder = errors.New("handshake message out of order")
)

// VersionError means that the two sides have no version, or no suite, in common.
// It wraps ErrVersion.
type VersionError struct {
	What   string   // "version" or "suite"
	Ours   []uint16 // what this side supported
	Theirs []uint16 // what the peer proposed or chose
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("no %s of the protocol in common: %v here, %v at the peer", e.What, e.Ours, e.Theirs)
}

// Unwrap returns ErrVersion.
func (*VersionError) Unwrap() error { return ErrVersion }

// AbortError means that the peer ended the handshake, or that the relay says so:
// an abort is not authenticated.
type AbortError struct{ Reason wire.AbortReason }

func (e *AbortError) Error() string {
	return fmt.Sprintf("the peer ended the handshake: %v", e.Reason)
}

// Unwrap returns the error that the peer's reason stands for: ErrWrongCode,
// ErrVersion, ErrWrongPeer, ErrStale, or none.
func (e *AbortError) Unwrap() error {
	switch e.Reason {
	case wire.AbortWrongCode:
		return ErrWrongCode
	case wire.AbortVersion:
		return ErrVersion
	case wire.AbortWrongPeer:
		return ErrWrongPeer
	case wire.AbortStale:
		return ErrStale
	}
	return nil
}

// AbortMessage returns the message that tells the peer of err, an error of one of
// this package's methods, in the code handshake or in a resumption. It returns nil
// if there is nothing to tell: the peer aborted itself or is gone, or no run was
// going on.
func AbortMessage(err error) []byte {
	var abort *AbortError
	reason := wire.AbortRefused
	switch {
	case err == nil, errors.As(err, &abort), errors.Is(err, ErrOrder),
		errors.Is(err, ErrInterrupted), errors.Is(err, ErrGenerations):
		return nil
	case errors.Is(err, ErrWrongCode):
		reason = wire.AbortWrongCode
	case errors.Is(err, ErrVersion):
		reason = wire.AbortVersion
	case errors.Is(err, ErrWrongPeer):
		reason = wire.AbortWrongPeer
	case errors.Is(err, ErrStale):
		reason = wire.AbortStale
	case errors.Is(err, wire.ErrMalformed), errors.Is(err, ErrPoint), errors.Is(err, ErrReflected),
		errors.Is(err, ErrOpening):
		reason = wire.AbortMalformed
	}
	return wire.HandshakeAbort{Reason: reason}.Append(nil)
}

// aborted returns an AbortError if m is an abort in place of what was expected.
func aborted(m []byte) error {
	if a, err := wire.ParseHandshakeAbort(m); err == nil {
		return &AbortError{a.Reason}
	}
	return nil
}
