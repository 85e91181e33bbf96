package mail

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What people may write, in bytes.
const (
	maxName = 64
	maxWhat = 200
	MaxNote = 1000
)

// removed stands where a link was.
const removed = "[link removed]"

// CleanLine returns what somebody else has written as one line of at most that many
// bytes, for a mail: without control characters, characters that change the direction of
// text, and links. Letters and dots get their usual forms (NFKC). What looks like a domain or an address gets spaces, so that no mail
// program makes a link of it.
func CleanLine(text string, limit int) string {
	return strings.Join(strings.Fields(CleanText(text, limit)), " ")
}

// CleanText is CleanLine for a text of several lines, with at most one empty line between
// two others.
func CleanText(text string, limit int) string {
	text = norm.NFKC.String(shorten(strings.ToValidUTF8(text, ""), limit))
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(text)
	text = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Co, r)) {
			return -1
		}
		return r
	}, text)
	urls := newURLPattern()
	lines := strings.Split(text, "\n")
	kept := lines[:0]
	for _, line := range lines {
		words := strings.Fields(line)
		for i, word := range words {
			words[i] = unlink(word, urls)
		}
		line = strings.Join(words, " ")
		if line != "" || len(kept) > 0 && kept[len(kept)-1] != "" {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(shorten(strings.Join(kept, "\n"), limit))
}

// shorten cuts a text to that many bytes at most, between two characters.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// newURLPattern returns what finds something that is certainly meant to be followed.
func newURLPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:/|//|\\\\|^\W*www[.]|^\W*(mailto|javascript|data|tel|sms|magnet):`)
}

// dots are what a browser takes for a dot in a name (UTS 46, section 2.3) and NFKC
// leaves.
const dots = ".。"

// unlink makes a word one that no mail program takes for a link.
func unlink(word string, urls *regexp.Regexp) string {
	if urls.MatchString(word) {
		return removed
	}
	runes := []rune(strings.ReplaceAll(word, "@", " at "))
	several := 0
	for _, r := range runes {
		if isDot(r) {
			several++
		}
	}
	var out strings.Builder
	for i, r := range runes {
		out.WriteRune(r)
		if i+1 == len(runes) {
			break
		}
		next := runes[i+1]
		number := i > 0 && isDigit(runes[i-1]) && isDigit(next)
		switch {
		case isDot(r) && joins(next) && (!number || several > 1), r == ':' && !unicode.IsSpace(next) && !number:
			out.WriteByte(' ')
		}
	}
	return strings.TrimSpace(out.String())
}

func isDot(r rune) bool   { return strings.ContainsRune(dots, r) }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// joins reports whether a name may go on with a character behind a dot.
func joins(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.So, unicode.Sk) || strings.ContainsRune("-_%~/", r)
}
