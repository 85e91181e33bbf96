package code

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLength is the longest text that Parse accepts, in bytes.
const MaxLength = 512

const (
	minWords     = 2
	maxParsed    = 16 // words
	maxNameplate = 9  // digits
)

// quotes may surround a code that was copied from a text.
const quotes = "\"'`“”„‘’‚«»‹›"

// Parse parses a code as people type and paste it: in any case, in quotes, with
// spaces, dots, commas, underscores or any dashes between the words, with words
// shortened as far as they stay unambiguous, and with the relay after an "@" or as
// a URL before a "#". docs/protocol.md, section 2, has the exact rules.
//
// Errors: WordError, ErrEmpty, ErrTooLong, ErrCharacter, ErrNameplate, ErrFewWords,
// ErrManyWords, ErrRelay.
func Parse(s string) (Code, error) {
	if len(s) > MaxLength {
		return Code{}, ErrTooLong
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(quotes, r) })
	if !utf8.ValidString(s) || strings.ContainsFunc(s, invisible) {
		return Code{}, ErrCharacter
	}
	text, address, addressed := split(s)
	c, err := parseBare(text)
	if err != nil || !addressed {
		return c, err
	}
	if c.Relay, err = parseRelay(address); err != nil {
		return Code{}, err
	}
	return c, nil
}

// parseBare parses a nameplate and words.
func parseBare(text string) (Code, error) {
	fields := strings.FieldsFunc(strings.ToLower(text), separator)
	switch {
	case len(fields) == 0:
		return Code{}, ErrEmpty
	case !validNameplate(fields[0]):
		return Code{}, ErrNameplate
	case len(fields) < 1+minWords:
		return Code{}, ErrFewWords
	case len(fields) > 1+maxParsed:
		return Code{}, ErrManyWords
	}
	c := Code{Nameplate: fields[0]}
	for _, typed := range fields[1:] {
		word, err := words().resolve(typed)
		if err != nil {
			return Code{}, err
		}
		c.Words = append(c.Words, word)
	}
	return c, nil
}

// split separates a code from the address of its relay, if it has one: URL#CODE
// or CODE@ADDRESS.
func split(s string) (text, address string, addressed bool) {
	before, after, addressed := strings.Cut(s, "@")
	if strings.Contains(before, "://") { // an "@" after it belongs to the URL
		address, text, _ = strings.Cut(s, "#")
		return text, address, true
	}
	return before, strings.TrimSpace(after), addressed
}

// separator reports whether r separates words.
func separator(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || strings.ContainsRune("_.,", r)
}

// invisible reports whether r is a character that cannot be seen.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func validNameplate(s string) bool {
	if s == "" || len(s) > maxNameplate || s[0] == '0' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
