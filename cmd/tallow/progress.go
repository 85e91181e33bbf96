package main

import (
	"slices"
	"strings"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// progress shows how far a transfer is. Where known is not set, e has no total.
func (s *screen) progress(e tallow.ProgressEvent, known bool) {
	if s.advance(e, known) {
		s.keys.begin()
	}
}

// advance is progress without the keys; it says whether there is something to
// show.
func (s *screen) advance(e tallow.ProgressEvent, known bool) bool {
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
	s.last, s.begun = e, true
	s.draw()
	return true
}

// hold notes that data is held back, or no longer, and says whether the progress
// shows it.
func (s *screen) hold(paused bool) (shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	s.stay()
	return s.begun
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
	if s.paused {
		s.redraw()
	}
}

// redraw shows the progress if there is any and no question is open; s.mu is held.
func (s *screen) redraw() {
	if s.begun && !s.asking {
		s.draw()
	}
}

// carry notes that a kind of lane carries data now, or no longer does.
func (s *screen) carry(lane tallow.Lane, up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carriers = slices.DeleteFunc(s.carriers, func(l tallow.Lane) bool { return l == lane })
	if up {
		s.carriers = append(s.carriers, lane)
	}
}

// status is what the progress line tells; s.mu is held.
func (s *screen) status() status {
	now := status{
		arrived: max(s.last.Received, s.last.Bytes), there: s.last.There, total: s.last.Total, rate: s.last.Rate, lanes: s.carriers,
	}
	keys := "p pause, q quit"
	switch {
	case s.paused && s.wished:
		now.hold, keys = "paused", "r resume, q quit"
	case s.paused:
		now.hold, keys = "paused by the other side", "q quit"
	}
	if s.keys != nil {
		now.keys = keys
	}
	return now
}

// What draws the line that moves. The cursor stays at the line's beginning: when
// the terminal becomes narrower and breaks the line into several, it is at the
// first of them, and to erase from there takes all of them away. A terminal that is
// told not to wrap never breaks a line that is drawn meanwhile. The space is for
// tmux: where a whole screen is erased, it moves what was there into its history.
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
	columns := usualWidth
	if s.width != nil {
		columns = s.width()
	}
	line := s.status().line(columns)
	var out strings.Builder
	if s.plain {
		out.WriteString("\r" + line + strings.Repeat(" ", max(s.shown-cells(line), 0)) + "\r")
	} else {
		if s.shown > 0 && columns != s.drawn {
			out.WriteString(eraseBelow)
		}
		out.WriteString("\r" + wrapOff + line + eraseRest + wrapOn + "\r")
	}
	s.shown, s.drawn = cells(line), columns
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
