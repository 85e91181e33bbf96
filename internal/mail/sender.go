package mail

import (
	"context"
	"errors"
	"strings"
)

// Sender sends mails.
type Sender interface {
	// Send sends a mail. Once it has returned nil a server has the mail. Errors are
	// *Error, and those of ctx. After one that is Temporary the mail may have been
	// sent all the same, if the connection broke at the very end: its Message-ID tells
	// the programs of its receiver that it is the same one.
	Send(ctx context.Context, m Message) error
}

// Kind says what can be done about an error.
type Kind int

// The kinds of errors.
const (
	// KindTemporary may be gone when the mail is sent again.
	KindTemporary Kind = iota + 1
	// KindRefused is the end of this mail: its address or its content is refused.
	KindRefused
	// KindSetup ends when somebody changes the settings of the account, or of the server.
	KindSetup
)

// Error is why a mail was not sent.
type Error struct {
	Kind Kind
	// Text says it to people. It may have words of the server, and so addresses.
	Text string
	// Answered says that a server has looked at this mail, and that the text is its answer.
	// Otherwise the text is of the account or of the way to the server.
	Answered bool
	Err      error // may be nil
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the error behind it.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether it makes sense to send a mail again after an error. What is
// not known to be permanent is temporary.
func Temporary(err error) bool {
	var e *Error
	return !errors.As(err, &e) || e.Kind == KindTemporary
}

// Setup reports whether an error comes from the settings of the account or of the server,
// and not from the mail.
func Setup(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindSetup
}

// Reason returns what an error says to people: one line.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Text
	}
	return "the mail could not be sent"
}

// maxServerText is how much of what a server says people are told, in bytes.
const maxServerText = 200

// serverText returns what a server says as one harmless line.
func serverText(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return shorten(strings.Join(strings.Fields(text), " "), maxServerText)
}
