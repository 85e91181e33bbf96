package tallow

import (
	"fmt"
	"time"
)

// ErrorKind says what sort of thing went wrong.
type ErrorKind string

// The kinds of errors.
const (
	KindInternal    ErrorKind = "internal"    // a fault of tallow
	KindUsage       ErrorKind = "usage"       // arguments that make no sense
	KindCode        ErrorKind = "code"        // a wrong, used or unknown code; verification refused
	KindDeclined    ErrorKind = "declined"    // somebody declined or cancelled
	KindNetwork     ErrorKind = "network"     // relay unreachable, peer never came, connection lost
	KindPartial     ErrorKind = "partial"     // some files were skipped or failed, the rest is in place
	KindIO          ErrorKind = "io"          // this machine's disk, permissions or memory
	KindIntegrity   ErrorKind = "integrity"   // data failed verification
	KindInterrupted ErrorKind = "interrupted" // the context was cancelled
)

// Error is every error of this package: facts, which a program puts into words
// for people. Its Error method is for logs.
type Error struct {
	Kind   ErrorKind
	Reason Reason

	Sending bool // this side sends
	Kept    bool // what has arrived is kept, and another transfer takes it up
	Waiting bool // the sender waits, and the same command goes on with the same code

	// What the Reason is about; its comment says which of these are set.
	Relay      string   // as it was named
	Nameplate  string   // the number of a code
	Path       string   // on this machine
	Other      string   // another path
	Detail     string   // in the words of the system, the relay or the peer, which may be hostile
	Words      []string // words of a code
	Count      int64
	Files      int64 // in place
	Bytes      int64
	RetryAfter time.Duration // 0 if nobody said

	Err error // what caused it; may be nil
}

// Error returns the reason and its facts for logs.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Kind, e.Reason)
	for _, fact := range []string{e.Relay, e.Nameplate, e.Path, e.Other, e.Detail} {
		if fact != "" {
			text += fmt.Sprintf(": %q", fact)
		}
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func usage(r Reason) *Error { return &Error{Kind: KindUsage, Reason: r} }
