package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// paper is a terminal of so many lines, as far as a board needs one: it knows \r, \n,
// moving up, and erasing. What scrolls off its top is kept, since nothing can erase it.
type paper struct {
	lines  [][]rune
	height int
	top    int // the line that is the first on the screen
	x, y   int
}

func (p *paper) Write(b []byte) (int, error) {
	text := string(b)
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			i := strings.IndexAny(rest, "JKAhl")
			n := 1
			_, _ = fmt.Sscanf(rest[:i], "%d", &n)
			switch rest[i] {
			case 'J':
				p.lines = p.lines[:min(p.y+1, len(p.lines))]
				fallthrough
			case 'K':
				p.at()
				p.lines[p.y] = p.lines[p.y][:min(p.x, len(p.lines[p.y]))]
			case 'A':
				p.y = max(p.y-n, p.top)
			}
			text = rest[i+1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			p.x = 0
		case '\n':
			p.x = 0 // as a terminal's driver has it
			p.y++
			p.top = max(p.top, p.y-p.height+1)
		default:
			p.at()
			for len(p.lines[p.y]) <= p.x {
				p.lines[p.y] = append(p.lines[p.y], ' ')
			}
			p.lines[p.y][p.x] = r
			p.x++
		}
	}
	return len(b), nil
}

func (p *paper) at() {
	for len(p.lines) <= p.y {
		p.lines = append(p.lines, nil)
	}
}

// text is all that is there, with what has scrolled away.
func (p *paper) text() string {
	var out []string
	for _, line := range p.lines {
		out = append(out, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

func (p *paper) shows(t *testing.T, want ...string) {
	t.Helper()
	if got := p.text(); got != strings.Join(want, "\n") {
		t.Errorf("it shows\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// A board has a line for each transfer, and other lines stand above it.
func TestBoard(t *testing.T) {
	p := &paper{height: 8}
	size := extent{80, 8}
	s := &screen{w: p, moves: true, keys: &keyboard{closed: true}, width: func() int { return size.columns }, tall: func() int { return size.lines }}
	laptop, phone, tower := s.newRow("laptop"), s.newRow("phone"), s.newRow("tower-2")
	for _, r := range []*row{laptop, phone, tower} {
		r.say("waiting")
	}
	s.open()
	p.shows(t, "laptop   waiting", "phone    waiting", "tower-2  waiting", "p pause, q quit")
	if p.x != 0 || p.y != 0 {
		t.Errorf("the cursor is at %d, %d", p.x, p.y)
	}
	s.say("a line")
	laptop.progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000, Rate: 1.5e6}, true)
	p.shows(t, "a line", "laptop    25% [=>      ]  3.0 MB of 12 MB, 1.5 MB/s, 6s left", "phone    waiting", "tower-2  waiting", "p pause, q quit")
	phone.say("not sent: nobody came for it in time")
	tower.say("sent")
	s.wish(true)
	laptop.hold(true)
	p.shows(
		t, "a line", "laptop    25% [=>      ]  3.0 MB of 12 MB, paused", "phone    not sent: nobody came for it in time",
		"tower-2  sent", "paused — r resume, q quit",
	)
	s.wish(false)
	laptop.hold(false)

	// More lines than there is room for push the first ones up, and the board stays whole.
	for n := range 9 {
		s.say("line %d", n)
	}
	laptop.progress(tallow.ProgressEvent{Bytes: 6_000_000, Total: 12_000_000}, true)
	board := []string{"laptop    50% [===>    ]  6.0 MB of 12 MB", "phone    not sent: nobody came for it in time", "tower-2  sent", "p pause, q quit"}
	above := []string{"a line", "line 0", "line 1", "line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8"}
	p.shows(t, append(above, board...)...)

	// A question takes it away, and nothing is drawn over it.
	s.pause()
	p.shows(t, above...)
	laptop.progress(tallow.ProgressEvent{Bytes: 7_000_000, Total: 12_000_000}, true)
	phone.say("sent")
	s.say("held back")
	p.shows(t, above...)
	s.resume()
	above = append(above, "held back")
	board[1] = "phone    sent"
	p.shows(t, append(above, board...)...)

	// Ctrl-Z does, too.
	s.suspend(func() { p.shows(t, above...) })
	p.shows(t, append(above, board...)...)
	s.close()
	s.say("the end")
	p.shows(t, append(above, "the end")...)
}

// A board is as wide and as high as the terminal lets it, from 20 columns on.
func TestBoardThatHasLittleRoom(t *testing.T) {
	for _, tc := range []struct {
		size extent
		want []string
	}{
		{extent{60, 24}, []string{
			"laptop                 25% [=>      ]  3.0 MB of 12 MB", "my-very-long-phone-…  waiting for tallow receive --listen",
			"x                     sent", "p pause, q quit",
		}},
		{extent{40, 4}, []string{"laptop          25%  3.0 MB of 12 MB", "my-very-long…  waiting for tallow rece…", "x              sent"}},
		{extent{20, 24}, []string{"laptop  25%", "my-ve…  waiting fo…", "x       sent", "p pause, q quit"}},
		{extent{20, 3}, []string{"laptop  25%", "and 2 more"}},
		{extent{30, 2}, []string{"and 3 more"}},
		{extent{5, 24}, nil},
		{extent{1, 1}, nil},
	} {
		var out strings.Builder
		s := &screen{w: &out, moves: true, keys: &keyboard{closed: true}, width: func() int { return tc.size.columns }, tall: func() int { return tc.size.lines }}
		s.newRow("laptop").progress(tallow.ProgressEvent{Bytes: 3_000_000, Total: 12_000_000, Rate: 1.5e6}, true)
		s.newRow("my-very-long-phone-with-a-name-of-40-cell").say("waiting for tallow receive --listen")
		s.newRow("x").say("sent")
		lines := s.board(tc.size)
		if len(lines) > max(tc.size.lines-1, 1) || len(lines) == 0 {
			t.Errorf("%v: %d lines", tc.size, len(lines))
		}
		for _, line := range lines {
			if cells(line) >= max(tc.size.columns, 1) && line != "" {
				t.Errorf("%v: %q is too wide", tc.size, line)
			}
		}
		if got := strings.Join(lines, "\n"); tc.want != nil && got != strings.Join(tc.want, "\n") {
			t.Errorf("%v:\n%s\nwant\n%s", tc.size, got, strings.Join(tc.want, "\n"))
		}
	}
}

// When the size changes, what was drawn is erased first: from its first line on, wherever
// the terminal has broken the lines.
func TestBoardThatIsResized(t *testing.T) {
	var out strings.Builder
	size := extent{80, 24}
	s := &screen{w: &out, moves: true, width: func() int { return size.columns }, tall: func() int { return size.lines }}
	s.newRow("laptop").say("waiting")
	s.newRow("phone").say("waiting")
	if got := out.String(); !strings.HasSuffix(got, "\r"+up(1)) {
		t.Errorf("the cursor is not at the beginning of %q", got)
	}
	for _, next := range []extent{{30, 24}, {30, 10}, {90, 10}, {90, 2}} {
		size = next
		out.Reset()
		s.refresh()
		if got := out.String(); !strings.HasPrefix(got, eraseBelow) {
			t.Errorf("%v: %q", size, got)
		}
		out.Reset()
		s.refresh()
		if got := out.String(); strings.Contains(got, eraseBelow) {
			t.Errorf("%v: it is erased without need: %q", size, got)
		}
	}
}

// Where nothing moves, what rows say is not shown: the caller tells it as a line.
func TestBoardWhereNothingMoves(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out}
	n := newNarratorOn(s, "phone", false)
	s.open()
	n.event(tallow.PeerEvent{})
	n.event(tallow.OfferEvent{Offer: tallow.Offer{Known: true, Files: 1, Bytes: 5}})
	n.event(tallow.ProgressEvent{Bytes: 1, Total: 5})
	n.warn("reason", "so %s", "it is")
	n.failed(&failure{kind: tallow.KindDeclined, message: "no", hint: "Ask."})
	want := "phone: Connected.\nphone: Offering 1 file, 5 bytes.\nWarning: phone: so it is\nphone: Not sent: no\nphone: Ask.\n"
	if got := out.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
