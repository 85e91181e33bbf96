package main

import (
	"bytes"
	"testing"
)

func TestVisibleText(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"grüß\tGott\n漢字\n":             "grüß\tGott\n漢字\n",
		"a\r\nb\r\n":                   "a\nb\n",
		"over\rwritten":                `over\rwritten`,
		"\x1b[2J\x1b]0;title\a":        `\x1b[2J\x1b]0;title\a`,
		"\u009b2J \u202e\u2066 \u2028": `\u009b2J \u202e\u2066 \u2028`,
		"\x9b2J\xff":                   "\uFFFD2J\uFFFD",
		"\x00\b\x7f":                   `\x00\b\x7f`,
	} {
		if got := visibleText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		for size := 1; size <= len(text); size++ { // however it comes
			var b bytes.Buffer
			w := &visibleWriter{w: &b}
			for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if n, err := w.Write(rest[:min(size, len(rest))]); n != min(size, len(rest)) || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			if err := w.flush(); err != nil || b.String() != want {
				t.Errorf("%q in pieces of %d: %q, %v; want %q", text, size, b.String(), err, want)
			}
		}
	}
}
