package code

import (
	"strings"
	"unicode/utf8"
)

// Complete returns how a code that was typed as far as typed may go on: typed
// with its last word completed, for a terminal or a shell to offer. The words
// are those of the short list; of the long list where the short one has none.
// There are none before a letter of the word is there, nor for nameplates and
// relays.
func Complete(typed string) []string {
	if len(typed) > MaxLength || strings.Contains(typed, "@") {
		return nil
	}
	cut := strings.LastIndexFunc(typed, separator)
	if cut < 0 {
		return nil
	}
	_, width := utf8.DecodeRuneInString(typed[cut:])
	head, begun := typed[:cut+width], strings.ToLower(typed[cut+width:])
	if begun == "" || !hasNameplate(head) {
		return nil
	}
	out := beginning(words().short, begun)
	if len(out) == 0 {
		out = beginning(words().long, begun)
	}
	for i := range out {
		out[i] = head + out[i]
	}
	return out
}

// hasNameplate reports whether a code that was begun has its nameplate.
func hasNameplate(head string) bool {
	if _, fragment, ok := strings.Cut(head, "#"); ok {
		head = fragment
	}
	fields := strings.FieldsFunc(head, separator)
	return len(fields) > 0 && validNameplate(fields[0])
}
