package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonWriter writes JSON to a stream that may be a terminal: the characters in it that
// printable takes off are written as escapes, which mean the same to a parser.
// encoding/json does so for those below U+0020 alone.
type jsonWriter struct{ w io.Writer }

// Write takes whole lines of JSON.
func (j jsonWriter) Write(b []byte) (int, error) {
	if _, err := j.w.Write(escaped(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// escaped is JSON without control characters but the ends of lines.
func escaped(b []byte) []byte {
	drives := func(r rune) bool {
		return r != '\n' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	}
	if bytes.IndexFunc(b, drives) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if drives(r) {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}
