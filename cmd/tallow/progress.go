package main

import (
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// row is the progress of one transfer on a screen. Where there are several, each has a
// name, and board.go lays them out. What is in it is held by the screen's mutex. A nil row
// shows nothing.
type row struct {
	screen *screen
	name   string // empty: it is alone

	begun    bool                 // there is progress
	last     tallow.ProgressEvent // what there is
	paused   bool                 // data is held back
	carriers []tallow.Lane        // kinds of lanes that carry data
	words    string               // what a row with a name has in place of progress; empty: progress
}

// newRow returns a row for another transfer. One with a name is there at once.
func (s *screen) newRow(name string) *row {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &row{screen: s, name: name}
	s.rows = append(s.rows, r)
	return r
}

// progress shows how far a transfer is. Where known is not set, e has no total.
func (r *row) progress(e tallow.ProgressEvent, known bool) {
	if r != nil && r.advance(e, known) {
		r.screen.keys.begin()
	}
}

// advance is progress without the keys; it says whether there is something to
// show.
func (r *row) advance(e tallow.ProgressEvent, known bool) bool {
	s := r.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.moves || s.asking {
		return false
	}
	if !known {
		e.Total = 0
	}
	if known && e.Total == 0 {
		return false
	}
	r.last, r.begun, r.words = e, true, ""
	s.draw()
	return true
}

// hold notes that data is held back, or no longer, and says whether the progress
// shows it.
func (r *row) hold(paused bool) (shown bool) {
	if r == nil {
		return false
	}
	s := r.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	r.paused = paused
	s.stay()
	return r.begun && r.words == ""
}

// carry notes that a kind of lane carries data now, or no longer does.
func (r *row) carry(lane tallow.Lane, up bool) {
	if r == nil {
		return
	}
	r.screen.mu.Lock()
	defer r.screen.mu.Unlock()
	r.carriers = slices.DeleteFunc(r.carriers, func(l tallow.Lane) bool { return l == lane })
	if up {
		r.carriers = append(r.carriers, lane)
	}
}

// status is what the row tells; the screen's mutex is held.
func (r *row) status() status {
	now := status{
		arrived: max(r.last.Received, r.last.Bytes), there: r.last.There, total: r.last.Total, rate: r.last.Rate, lanes: r.carriers,
	}
	keys := "p pause, q quit"
	switch {
	case r.paused && r.screen.wished:
		now.hold, keys = "paused", "r resume, q quit"
	case r.paused:
		now.hold, keys = "paused by the other side", "q quit"
	}
	if r.screen.keys != nil && r.name == "" {
		now.keys = keys
	}
	return now
}

// wish says whether this side holds data back.
func (s *screen) wish(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wished = paused
	s.stay()
}

// stay keeps the progress on the screen while nothing moves it; s.mu is held.
func (s *screen) stay() {
	if s.several() || slices.ContainsFunc(s.rows, func(r *row) bool { return r.paused }) {
		s.redraw()
	}
}

// redraw shows the progress if there is any and no question is open; s.mu is held.
func (s *screen) redraw() {
	begun := slices.ContainsFunc(s.rows, func(r *row) bool { return r.begun })
	if s.moves && (begun || s.several()) && !s.asking {
		s.draw()
	}
}

// What draws the lines that move. The cursor stays at their beginning: when the terminal
// becomes narrower and breaks a line into several, it is at the first of them, and to
// erase from there takes all of them away. A terminal that is told not to wrap never breaks
// a line that is drawn meanwhile. The space is for tmux: where a whole screen is erased, it
// moves what was there into its history.
const (
	eraseBelow = "\r \x1b[J\r"
	eraseRest  = "\x1b[K"
	wrapOff    = "\x1b[?7l"
	wrapOn     = "\x1b[?7h"
)

// draw shows the last progress, unless the terminal is the shell's; s.mu is held.
func (s *screen) draw() {
	if s.front != nil && !s.front() {
		s.shown = 0 // the shell writes there now
		return
	}
	size := s.size()
	if s.several() {
		s.drawBoard(size)
		return
	}
	line := s.rows[0].status().line(size.columns)
	var out strings.Builder
	if s.plain {
		out.WriteString("\r" + line + strings.Repeat(" ", max(s.shown-cells(line), 0)) + "\r")
	} else {
		if s.shown > 0 && size.columns != s.drawn.columns {
			out.WriteString(eraseBelow)
		}
		out.WriteString("\r" + wrapOff + line + eraseRest + wrapOn + "\r")
	}
	s.shown, s.drawn = cells(line), size
	s.write(out.String())
}

// clear takes the progress off the screen; s.mu is held.
func (s *screen) clear() {
	switch {
	case s.shown == 0:
		return
	case s.plain:
		s.write("\r" + strings.Repeat(" ", s.shown) + "\r")
	default:
		s.write(eraseBelow)
	}
	s.shown = 0
}
