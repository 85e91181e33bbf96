package tallow

import (
	"fmt"
	"time"
)

// ErrorKind is the class of an error.
type ErrorKind string

// The kinds of errors.
const (
	KindInternal    ErrorKind = "internal"    // a fault of tallow
	KindUsage       ErrorKind = "usage"       // invalid arguments
	KindCode        ErrorKind = "code"        // a wrong, used or unknown code; verification refused
	KindDeclined    ErrorKind = "declined"    // a person declined or cancelled
	KindNetwork     ErrorKind = "network"     // relay unreachable, peer never came, connection lost
	KindPartial     ErrorKind = "partial"     // some files were skipped or failed, the rest is in place
	KindIO          ErrorKind = "io"          // this machine's disk, permissions or memory
	KindIntegrity   ErrorKind = "integrity"   // data failed verification
	KindInterrupted ErrorKind = "interrupted" // the context was cancelled
)

// Error is the type of every error of this package. It has facts, which a program
// puts into words for people. Its Error method is for logs.
type Error struct {
	Kind   ErrorKind
	Reason Reason

	Sending bool // the error is that of a Send, or of an Encrypt
	Local   bool // the error is that of an Encrypt or a Decrypt: there is no peer
	Stored  bool // the error is that of a stored transfer: there is no peer either
	Kept    bool // what has arrived is kept, and a later transfer resumes it
	Waiting bool // the sender waits: receive again with the same code

	// Details; the comment of a Reason says which of them it sets.
	Relay      string   // as it was configured
	Proxy      string   // HOST:PORT
	Nameplate  string   // of a code
	Path       string   // on this machine
	Other      string   // another path
	Detail     string   // text of the system, the relay or the peer, which may be hostile
	Words      []string // of a code
	Count      int64
	Files      int64 // in place
	Bytes      int64
	RetryAfter time.Duration // 0 if unknown

	Err error // the cause; may be nil
}

// Error returns the reason and its details, for logs.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Kind, e.Reason)
	for _, fact := range []string{e.Relay, e.Proxy, e.Nameplate, e.Path, e.Other, e.Detail} {
		if fact != "" {
			text += fmt.Sprintf(": %q", fact)
		}
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func usage(r Reason) *Error { return &Error{Kind: KindUsage, Reason: r} }
