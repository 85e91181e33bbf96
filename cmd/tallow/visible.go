package main

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible is foreign text in which the characters that printable takes off are written
// out, as in Icon\r. Those in keep stay.
func visible(text string, keep ...rune) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) && !slices.Contains(keep, r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r) // unicode.ReplacementChar for what is not UTF-8
		}
	}
	return b.String()
}

// visibleText is a foreign text for a terminal: with its lines, and with all other
// control characters written out.
func visibleText(text string) string {
	return visible(strings.ReplaceAll(text, "\r\n", "\n"), '\n', '\t')
}

// visibleWriter writes to a terminal as visibleText does.
type visibleWriter struct {
	w    io.Writer
	held []byte // the beginning of a character or of the end of a line
}

func (v *visibleWriter) Write(p []byte) (int, error) {
	all := append(v.held, p...)
	end := len(all) - len(unfinished(all))
	v.held = slices.Clone(all[end:])
	if _, err := io.WriteString(v.w, visibleText(string(all[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes what is held back, at the end.
func (v *visibleWriter) flush() error {
	_, err := io.WriteString(v.w, visibleText(string(v.held)))
	v.held = nil
	return err
}

// unfinished returns the end of b that may go on: a character whose last bytes are
// missing, or a carriage return.
func unfinished(b []byte) []byte {
	for n := 1; n <= min(len(b), utf8.UTFMax); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) || last[0] == '\r' && n == 1 {
				return last
			}
			break
		}
	}
	return nil
}
