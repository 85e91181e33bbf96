package main

import (
	"slices"
	"testing"
)

func TestParsePatterns(t *testing.T) {
	got, err := parsePatterns("\uFEFF# comment\n*.o\r\n\n  \nb \t\nc\\ \nd\\  \n\\!e\n /f")
	if want := []string{"*.o", "b", `c\ `, `d\ `, `\!e`, " /f"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	for _, text := range []string{"!a", "a\n+ b", "- c"} {
		if got, err := parsePatterns(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzParsePatterns(f *testing.F) {
	f.Add("# a\n*.o\nb\\ \n")
	f.Fuzz(func(t *testing.T, text string) {
		patterns, err := parsePatterns(text)
		if err == nil && slices.Contains(patterns, "") {
			t.Error("an empty pattern")
		}
	})
}
