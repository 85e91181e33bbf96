package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"häß 文 👍🏽 e\u0301":              "häß 文 👍🏽 e\u0301",
		"\x1b[31mred\x1b]0;title\a":     "[31mred]0;title",
		"a\r\nb\tc\x00\x7f\u0085\u009b": "abc",
		"gpj\u202e.exe\u2066\u2069":     "gpj.exe",
		"\u200e\u200f\u061c\u202a":      "",
		"a\u2028b\u2029c":               "abc",
		"نم\u200cی":                     "نم\u200cی", // Persian needs its non-joiner
		"\xff\xfe":                      "\ufffd\ufffd",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := printable("a\tb\r\n\x1b", '\n', '\t'); got != "a\tb\n" {
		t.Errorf("with line ends kept: %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"a.txt", "\x1b[2J", "\u202egpj", "\xff\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := printable(s)
		if !utf8.ValidString(got) || printable(got) != got {
			t.Errorf("%q: %q", s, got)
		}
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Errorf("%q: %q has %U in it", s, got, r)
			}
		}
	})
}

func TestScreenHoldsLinesDuringAQuestion(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out}
	s.say("one")
	s.pause()
	s.say("two")
	s.print("three")
	if got := out.String(); got != "one\n" {
		t.Errorf("during the question: %q", got)
	}
	s.resume()
	s.say("four")
	if got := out.String(); got != "one\ntwo\nthree\nfour\n" {
		t.Errorf("after it: %q", got)
	}
}

func TestQuietScreen(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out, quiet: true}
	s.say("one")
	s.print("two")
	if got := out.String(); got != "two\n" {
		t.Errorf("%q", got)
	}
}

func TestProgress(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out, moves: true}
	r := s.newRow("")
	r.progress(tallow.ProgressEvent{}, true) // nothing to move
	if out.Len() > 0 {
		t.Errorf("an empty offer shows %q", out.String())
	}
	r.progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000}, true)
	if got := out.String(); !strings.Contains(got, " 25% [=>   ") || !strings.Contains(got, "3.0 MB of 12 MB") || strings.Contains(got, "\n") {
		t.Errorf("%q", got)
	}
	out.Reset()
	s.pause()
	if got := out.String(); got != eraseBelow {
		t.Errorf("taken off with %q", got)
	}
	out.Reset()
	r.progress(tallow.ProgressEvent{Bytes: 6_000_000, Total: 12_000_000}, true)
	if out.Len() > 0 {
		t.Errorf("over a question: %q", out.String())
	}
	s.resume()
	s.say("a line")
	if got := out.String(); got != "a line\n" {
		t.Errorf("%q", got)
	}
	for _, bytes := range []int64{6_000_000, 12_000_000, 13_000_000} { // a lying offer
		r.progress(tallow.ProgressEvent{Bytes: bytes, Total: 12_000_000}, true)
	}
	s.close()
}

func TestProgressOfAStream(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out, moves: true}
	r := s.newRow("")
	r.progress(tallow.ProgressEvent{Bytes: 3_000_000}, false)
	if got := out.String(); !strings.Contains(got, "3.0 MB") || strings.ContainsAny(got, "%\n") {
		t.Errorf("%q", got)
	}
	s.close()
}

func TestProgressWhereNothingMoves(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out}
	r := s.newRow("")
	r.progress(tallow.ProgressEvent{Bytes: 1, Total: 2}, true)
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

// lastLine is the progress line that a screen has drawn last.
func lastLine(out string) string {
	line := out[strings.LastIndex(out, wrapOff)+len(wrapOff):]
	return strings.TrimSuffix(line, eraseRest+wrapOn+"\r")
}

func TestStatusLineOfAPause(t *testing.T) {
	var out strings.Builder
	width := 80
	s := &screen{w: &out, moves: true, width: func() int { return width }, keys: &keyboard{closed: true}}
	r := s.newRow("")
	shows := func(want string) {
		t.Helper()
		line := lastLine(out.String())
		if !strings.HasSuffix(line, "  "+want) {
			t.Errorf("%q, want %q at its end", line, want)
		}
		if cells(line) >= width {
			t.Errorf("%q does not fit into %d columns", line, width)
		}
		out.Reset()
	}
	r.progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000, Rate: 1.5e6}, true)
	shows("3.0 MB of 12 MB, 1.5 MB/s, 6s left — p pause, q quit")
	if !r.hold(true) {
		t.Error("the pause is not shown")
	}
	shows("3.0 MB of 12 MB, paused by the other side — q quit")
	s.wish(true)
	shows("3.0 MB of 12 MB, paused — r resume, q quit")
	s.say("a line")
	shows("3.0 MB of 12 MB, paused — r resume, q quit")
	s.pause()
	s.wish(false)
	s.wish(true)
	out.Reset()
	s.resume()
	shows("3.0 MB of 12 MB, paused — r resume, q quit")
	width = 50
	s.refresh()
	shows("3.0 MB of 12 MB, paused")
	width = 20
	s.refresh()
	shows("paused")
	width = 80
	r.hold(false)
	s.wish(false)
	r.carry(tallow.LaneRelay, true)
	r.progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000, Rate: 1.5e6}, true)
	shows("3.0 MB of 12 MB, 1.5 MB/s by relay, 6s left — p pause, q quit")
	r.carry(tallow.LaneTCP, true)
	r.carry(tallow.LaneRelay, false)
	r.progress(tallow.ProgressEvent{Bytes: 999_000_000, Total: 999_000_000_000, Rate: 999_000}, true)
	shows("999 MB of 999 GB, 999 kB/s by tcp, 277h left — p pause, q quit")
	r.carry(tallow.LaneWebRTC, true) // the lanes are the first to go
	s.refresh()
	shows("999 MB of 999 GB, 999 kB/s, 277h left — p pause, q quit")
	s.close()
}

// A line that a narrower terminal has broken into several is erased as a whole.
func TestScreenThatShrinks(t *testing.T) {
	for _, plain := range []bool{false, true} {
		var out strings.Builder
		width := 80
		s := &screen{w: &out, moves: true, plain: plain, width: func() int { return width }}
		r := s.newRow("")
		r.progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000, Rate: 1.5e6}, true)
		if !strings.HasSuffix(out.String(), "\r") {
			t.Errorf("the cursor is not at the beginning of %q", out.String())
		}
		out.Reset()
		width = 30
		s.refresh()
		if got := out.String(); strings.HasPrefix(got, eraseBelow) == plain || strings.Contains(got, "\x1b") == plain {
			t.Errorf("plain: %v: %q", plain, got)
		}
		out.Reset()
		s.refresh()
		if got := out.String(); strings.Contains(got, eraseBelow) {
			t.Errorf("it is erased without need: %q", got)
		}
	}
}
