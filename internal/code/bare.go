package code

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseWords parses exactly n words that Generate has drawn, without a nameplate, as
// tolerantly as Parse does: in any case, with anything between them that may be between
// the words of a code, and shortened as far as they stay unambiguous.
//
// Errors: WordError, ErrEmpty, ErrTooLong, ErrCharacter, ErrFewWords, ErrManyWords.
func ParseWords(s string, n int) ([]string, error) {
	if len(s) > MaxLength {
		return nil, ErrTooLong
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(quotes, r) })
	if !utf8.ValidString(s) || strings.ContainsFunc(s, invisible) {
		return nil, ErrCharacter
	}
	fields := strings.FieldsFunc(strings.ToLower(s), separator)
	switch {
	case len(fields) == 0:
		return nil, ErrEmpty
	case len(fields) < n:
		return nil, ErrFewWords
	case len(fields) > n:
		return nil, ErrManyWords
	}
	drawn := lexicon{short: words().short}
	for i, typed := range fields {
		word, err := drawn.resolve(typed)
		if err != nil {
			return nil, err
		}
		fields[i] = word
	}
	return fields, nil
}
