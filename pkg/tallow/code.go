package tallow

import (
	"errors"
	"strings"

	"github.com/tallow-transfer/tallow/internal/code"
)

// CompleteCode returns how a code that is being typed may go on: prefix with
// its last word completed, as a terminal or a shell offers it. There are none
// before the first letter of a word, nor for the number and the relay.
func CompleteCode(prefix string) []string { return code.Complete(prefix) }

// CheckCode tells what is wrong with a code as it was typed, without asking
// anybody about it. The error is an *Error of KindCode.
func CheckCode(typed string) error {
	if _, err := code.Parse(typed); err != nil {
		return codeError(err)
	}
	return nil
}

// codeError makes what is wrong with a code the user's.
func codeError(err error) error {
	e := &Error{Kind: KindCode, Message: err.Error(), Err: err}
	var word *code.WordError
	if errors.As(err, &word) {
		hint := word.Hint()
		e.Message, e.Hint = word.Message(), strings.ToUpper(hint[:1])+hint[1:]
	}
	return e
}
