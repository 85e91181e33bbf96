package storeclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// maxRefusal bounds the body of a refusal, in bytes.
const maxRefusal = 4096

// Word says why a store refuses something.
type Word string

// The words of docs/protocol.md, section 16.
const (
	Unknown    Word = "store-unknown"    // there is none, it has expired, or the token is another
	Incomplete Word = "store-incomplete" // not all parts are there
	Completed  Word = "store-complete"   // it takes no more parts
	Spent      Word = "store-spent"      // fetched as often as it may be
	Busy       Word = "store-busy"       // as many receivers as may are fetching it
	WrongProof Word = "store-proof"      // the key is another
	NoClaim    Word = "store-claim"      // there is no such claim, or it is over
	Full       Word = "store-full"       // there is no room
	Quota      Word = "store-quota"      // this address has stored as much as it may
	TooLarge   Word = "store-too-large"  // more than was announced, or than may be stored
	Malformed  Word = "store-malformed"  // the request is not valid
	Rate       Word = "store-rate"       // too many in a minute
	BrokenDisk Word = "store-broken"     // the store does not work at present
	Closed     Word = "store-token"      // it stores for those alone who have its token
	Indirect   Word = "store-indirect"   // all bytes go through the relay

	MailOff     Word = "store-mail-off"     // the relay sends no mail
	MailQuota   Word = "store-mail-quota"   // as many mails as may, from this address or to that one
	MailAddress Word = "store-mail-address" // a mail cannot go there
	NotifyOff   Word = "store-notify-off"   // the relay calls no URLs
	NotifyURL   Word = "store-notify-url"   // the relay does not call that URL
)

func (w Word) known() bool {
	switch w {
	case Unknown, Incomplete, Completed, Spent, Busy, WrongProof, NoClaim, Full, Quota, TooLarge, Malformed, Rate, BrokenDisk, Closed, Indirect,
		MailOff, MailQuota, MailAddress, NotifyOff, NotifyURL:
		return true
	}
	return false
}

// Error is a refusal of a store.
type Error struct {
	Relay string // as the user named it
	Word  Word
	// Message is the relay's own sentence, without control characters. It is foreign
	// text.
	Message    string
	RetryAfter time.Duration // how long the store asks to wait; 0 if it does not say
}

func (e *Error) Error() string {
	return fmt.Sprintf("the store of relay %s refused: %s: %s", e.Relay, e.Word, e.Message)
}

// Is makes errors.Is(err, &Error{Word: w}) find a refusal with that word.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && *other == Error{Word: e.Word}
}

// Refused reports whether err is a refusal with that word.
func Refused(err error, w Word) bool { return errors.Is(err, &Error{Word: w}) }

// NoStoreError says that the relay stores nothing.
type NoStoreError struct{ Relay string }

func (e *NoStoreError) Error() string { return fmt.Sprintf("relay %s has no store", e.Relay) }

// Passing reports whether an error may be over after a while, so that the same call is
// worth another attempt, and how long the relay asks to wait before it.
func Passing(err error) (wait time.Duration, passing bool) {
	var refused *Error
	if errors.As(err, &refused) && !errors.Is(err, context.Canceled) {
		return refused.RetryAfter, refused.Word == Rate || refused.Word == BrokenDisk
	}
	return rendezvous.Passing(err)
}
