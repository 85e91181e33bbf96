package boxclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// maxRefusal bounds the body of a refusal, in bytes.
const maxRefusal = 4096

// Word says why a mailbox refuses something.
type Word string

// The words of docs/protocol.md, section 17.
const (
	Taken     Word = "box-taken"     // another message is in the slot
	Full      Word = "box-full"      // there is no room
	Busy      Word = "box-busy"      // too many watch
	Quota     Word = "box-quota"     // too many watch from this address
	Rate      Word = "box-rate"      // too many requests in a minute
	Malformed Word = "box-malformed" // the request is not valid
	Broken    Word = "box-broken"    // the mailbox does not work at present
)

func (w Word) known() bool {
	switch w {
	case Taken, Full, Busy, Quota, Rate, Malformed, Broken:
		return true
	}
	return false
}

// Error is a refusal of a mailbox.
type Error struct {
	Relay string // as the user named it
	Word  Word
	// Message is the relay's own sentence, without control characters. It is foreign
	// text.
	Message    string
	RetryAfter time.Duration // how long the mailbox asks to wait; 0 if it does not say
}

func (e *Error) Error() string {
	return fmt.Sprintf("the mailbox of relay %s refused: %s: %s", e.Relay, e.Word, e.Message)
}

// Refused reports whether err is a refusal with that word.
func Refused(err error, w Word) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Word == w
}

// NoBoxError says that the relay has no mailbox.
type NoBoxError struct{ Relay string }

func (e *NoBoxError) Error() string { return fmt.Sprintf("relay %s has no mailbox", e.Relay) }

// Passing reports whether an error may be over after a while, so that the same call is
// worth another attempt, and how long the relay asks to wait before it.
func Passing(err error) (wait time.Duration, passing bool) {
	var refused *Error
	if errors.As(err, &refused) && !errors.Is(err, context.Canceled) {
		return refused.RetryAfter, refused.Word != Taken && refused.Word != Malformed
	}
	return rendezvous.Passing(err)
}
