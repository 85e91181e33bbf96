package names

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// isControl reports whether c is a control character or separates lines.
func isControl(c rune) bool {
	return c < 0x20 || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029'
}

// isDirectionControl reports whether c changes the direction of the text around it.
func isDirectionControl(c rune) bool {
	return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069'
}

// IsUnsafe reports whether a name has a character that no machine takes from a
// peer, because a terminal could take it amiss: see [Rules.Name].
func IsUnsafe(name string) bool {
	return strings.ContainsFunc(name, func(c rune) bool { return isControl(c) || isDirectionControl(c) })
}

// Safe returns a name with the bytes of every unsafe character, and those that are
// not UTF-8, as in a URL: Icon%0D.
func Safe(name string) string {
	var b strings.Builder
	for rest := name; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		if c == utf8.RuneError && size == 1 || isControl(c) || isDirectionControl(c) {
			for i := range size {
				fmt.Fprintf(&b, "%%%02X", rest[i])
			}
		} else {
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	return b.String()
}
