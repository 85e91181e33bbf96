package main

import (
	"fmt"
	"strings"
)

// Where there are several transfers, each has a line, with its name first, and below them
// is one with the keys:
//
//	laptop   25% [=>      ]  3.0 MB of 12 MB, 1.5 MB/s by tcp, 6s left
//	phone   waiting for tallow receive --listen
//	tower   sent
//	p pause, q quit
//
// A terminal with too few lines shows the first ones, and how many more there are.

// several reports whether each transfer has a name; s.mu is held.
func (s *screen) several() bool { return len(s.rows) > 0 && s.rows[0].name != "" }

// newBoard is newScreen for several transfers. Where the terminal cannot go up again, there
// is no board.
func newBoard(p *program) *screen {
	s := newScreen(p)
	s.moves = s.moves && !s.plain
	return s
}

// open shows a board from the beginning, and hears keys. It is called once, after its rows
// were made.
func (s *screen) open() {
	if s.moves {
		s.refresh()
		s.keys.begin()
	}
}

// say has a row of a board say something in place of its progress. It says whether that
// can be seen.
func (r *row) say(format string, args ...any) (shown bool) {
	if r == nil || r.name == "" || !r.screen.moves {
		return false
	}
	r.screen.mu.Lock()
	defer r.screen.mu.Unlock()
	r.words = fmt.Sprintf(format, args...)
	r.screen.redraw()
	return true
}

// drawBoard draws all lines anew, and leaves the cursor at the first one; s.mu is held.
func (s *screen) drawBoard(size extent) {
	lines := s.board(size)
	var out strings.Builder
	if s.shown > 0 && (size != s.drawn || len(lines) < s.shown) {
		out.WriteString(eraseBelow)
	}
	for i, line := range lines {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString("\r" + wrapOff + line + eraseRest + wrapOn)
	}
	out.WriteString("\r" + up(len(lines)-1))
	s.shown, s.drawn = len(lines), size
	s.write(out.String())
}

// up moves the cursor.
func up(lines int) string {
	if lines == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA", lines)
}

// board lays the rows out for a terminal. It leaves the last column free, where a
// terminal may wrap, and the last line, where one may scroll; s.mu is held.
func (s *screen) board(size extent) []string {
	room := max(size.lines-1, 1)
	width := 0
	for _, r := range s.rows {
		width = max(width, cells(r.name))
	}
	width = min(width, max(size.columns/3, 1))
	var lines []string
	for _, r := range s.rows {
		lines = append(lines, r.line(width, size.columns))
	}
	if keys := s.hint(); keys != "" && len(lines) < room {
		lines = append(lines, cut(keys, size.columns-1))
	}
	if len(lines) <= room {
		return lines
	}
	more := len(lines) - room + 1
	return append(lines[:room-1], cut(fmt.Sprintf("and %d more", more), size.columns-1))
}

// line lays a row of a board out, with so many columns for the names.
func (r *row) line(width, columns int) string {
	name := cut(r.name, width)
	head := name + strings.Repeat(" ", max(width-cells(name), 0)) + "  "
	left := columns - cells(head)
	switch {
	case left <= 1:
		return cut(r.name, columns-1)
	case r.words != "" || !r.begun:
		return strings.TrimRight(head+cut(r.words, left-1), " ")
	}
	return strings.TrimRight(head+r.status().line(left), " ")
}

// hint says which keys there are for all of a board; s.mu is held.
func (s *screen) hint() string {
	switch {
	case s.keys == nil:
		return ""
	case s.wished:
		return "paused — r resume, q quit"
	}
	return "p pause, q quit"
}

// cut shortens a text to so many cells.
func cut(text string, columns int) string {
	if columns < 1 {
		return ""
	}
	return shorten(text, columns)
}
