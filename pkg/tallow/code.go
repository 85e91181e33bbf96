package tallow

import (
	"errors"

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

// codeError says what is wrong with a code.
func codeError(err error) *Error {
	var word *code.WordError
	if errors.As(err, &word) {
		e := &Error{Kind: KindCode, Reason: ReasonCodeWord, Detail: word.Word, Words: word.Nearest, Err: err}
		if word.Ambiguous {
			e.Reason = ReasonCodeWordAmbiguous
		}
		return e
	}
	e := &Error{Kind: KindCode, Reason: ReasonCodeEmpty, Err: err}
	for _, known := range []struct {
		err    error
		reason Reason
	}{
		{code.ErrTooLong, ReasonCodeTooLong},
		{code.ErrCharacter, ReasonCodeCharacter},
		{code.ErrNameplate, ReasonCodeNumber},
		{code.ErrFewWords, ReasonCodeFewWords},
		{code.ErrManyWords, ReasonCodeManyWords},
		{code.ErrRelay, ReasonCodeRelay},
	} {
		if errors.Is(err, known.err) {
			e.Reason = known.reason
		}
	}
	return e
}
