package tallow

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/code"
)

// CompleteCode returns the completions of a code that is being typed: prefix with
// its last word completed, as a terminal or a shell offers it. There are none
// before the first letter of a word, nor for the nameplate and the relay.
func CompleteCode(prefix string) []string { return code.Complete(prefix) }

// CheckCode checks a code as it was typed, without asking a relay. The error is an
// *Error of KindCode.
func CheckCode(typed string) error {
	if _, err := code.Parse(typed); err != nil {
		return codeError(err)
	}
	return nil
}

// CodeRelay returns the relay that a code names, as Config.Relay takes it. It is
// empty if the code names none, or is no code.
func CodeRelay(typed string) string {
	k, err := code.Parse(typed)
	if err != nil {
		return ""
	}
	return k.Relay
}

// codeError returns the *Error for an invalid code.
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
