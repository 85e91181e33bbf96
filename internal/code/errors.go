package code

import (
	"errors"
	"fmt"
	"strings"
)

// The reasons why a text is not a code, besides WordError for a wrong word.
var (
	ErrEmpty     = errors.New("there is no code; it looks like 7-acid-acorn-acre")
	ErrTooLong   = errors.New("this is too long for a code; it looks like 7-acid-acorn-acre")
	ErrCharacter = errors.New("the code has invisible characters in it; type it instead of pasting it")
	ErrNameplate = errors.New("a code begins with a number of at most 9 digits, as in 7-acid-acorn-acre")
	ErrFewWords  = errors.New("the code needs at least two words behind its number, as in 7-acid-acorn-acre")
	ErrManyWords = errors.New("the code has more than 16 words; it looks like 7-acid-acorn-acre")
	ErrRelay     = errors.New("the code's relay is not HOST, HOST:PORT or a ws, wss, http or https URL")
)

// WordError means that a word is on no list, or is the beginning of several.
type WordError struct {
	Word      string   // as it was typed, in lower case; cut if it is very long
	Nearest   []string // what may have been meant, the most likely first; at most 3
	Ambiguous bool     // Word is the beginning of more than one word
}

// Message says what is wrong, without the hint.
func (e *WordError) Message() string {
	if e.Ambiguous {
		return fmt.Sprintf("%q is the beginning of more than one word", e.Word)
	}
	return fmt.Sprintf("%q is not a word of a code", e.Word)
}

// Hint says what to do.
func (e *WordError) Hint() string {
	switch n := len(e.Nearest); {
	case n == 0:
		return "ask the sender to spell it"
	case e.Ambiguous:
		return "type more of it, as in " + alternatives(e.Nearest)
	default:
		return "did you mean " + alternatives(e.Nearest) + "?"
	}
}

func (e *WordError) Error() string { return e.Message() + ": " + e.Hint() }

// alternatives joins words as people do: a, b or c.
func alternatives(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
