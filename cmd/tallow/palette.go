package main

import (
	"os"
	"runtime"
)

// colour is the number of a graphic rendition (ECMA-48, section 8.3.117).
type colour string

// The colours that are used.
const (
	bold   colour = "1"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

// Values of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// palette puts colours into text, if it is true.
type palette bool

// palette returns the one for a file. Unless a person says otherwise, only terminals
// have colours, and none where NO_COLOR is set (no-color.org) or TERM says that there
// are none.
func (p *program) palette(f *os.File) palette {
	switch {
	case p.color == colorAlways:
		return true
	case p.color == colorNever, f == nil, !isTerminal(f), p.getenv("NO_COLOR") != "":
		return false
	}
	return palette(!p.plainTerminal())
}

// plainTerminal reports whether the terminal may know no escape sequences.
func (p *program) plainTerminal() bool {
	name := p.getenv("TERM")
	return runtime.GOOS == "windows" || name == "" || name == "dumb"
}

// paint colours a text.
func (p palette) paint(c colour, text string) string {
	if !p || c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
