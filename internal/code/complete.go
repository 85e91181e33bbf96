package code

import (
	"strings"
	"unicode/utf8"
)

// Complete returns typed, the beginning of a code, with its last word completed in
// each possible way, for a terminal or a shell to offer. It takes words of the
// short list, and of the long list where the short list has none. It completes no
// nameplates or relays, and no word without its first letter.
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

// hasNameplate reports whether the beginning of a code has a nameplate.
func hasNameplate(head string) bool {
	if _, fragment, ok := strings.Cut(head, "#"); ok {
		head = fragment
	}
	fields := strings.FieldsFunc(head, separator)
	return len(fields) > 0 && validNameplate(fields[0])
}
