package code

import (
	"errors"
	"fmt"
)

// The reasons why a text is not a code, besides WordError for a wrong word.
var (
	ErrEmpty     = errors.New("there is no code")
	ErrTooLong   = errors.New("too long for a code")
	ErrCharacter = errors.New("invisible characters in the code")
	ErrNameplate = errors.New("the code does not begin with a number of at most 9 digits")
	ErrFewWords  = errors.New("the code has too few words")
	ErrManyWords = errors.New("the code has too many words")
	ErrWeak      = errors.New("the code has fewer than three words, or a word twice") // see CheckStrength
	ErrRelay     = errors.New("the code's relay is not HOST, HOST:PORT or a ws, wss, http or https URL")
)

// WordError means that a word is on no list, or is the beginning of several.
type WordError struct {
	Word      string   // as it was typed, in lower case; cut if it is very long
	Nearest   []string // what may have been meant, the most likely first; at most 3
	Ambiguous bool     // Word is the beginning of more than one word
}

func (e *WordError) Error() string {
	if e.Ambiguous {
		return fmt.Sprintf("%q is the beginning of more than one word", e.Word)
	}
	return fmt.Sprintf("%q is not a word of a code", e.Word)
}
