package ratchet

import "errors"

var (
	// ErrForeign means that no key of the session opens a message: it is for another
	// session, was changed on its way, or is a repeated one of long ago.
	ErrForeign = errors.New("the message is not of this session, or it was changed")

	// ErrUsed means that a message was opened before, or that its key has expired.
	// If it is another message than the one that was opened, the other device runs
	// from a copy of an earlier state.
	ErrUsed = errors.New("a message of this number was opened before")

	// ErrGap means that more messages are missing before this one than can be skipped.
	ErrGap = errors.New("too many messages are missing before this one")

	// ErrMalformed means that a message of the other device breaks the rules.
	ErrMalformed = errors.New("the message is malformed")

	// ErrTooLong means that a payload is longer than MaxPayload.
	ErrTooLong = errors.New("the payload is too long for a message")

	// ErrState means that bytes are not what Append makes.
	ErrState = errors.New("these are not the bytes of a session")
)
