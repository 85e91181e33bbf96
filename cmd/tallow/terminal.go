package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/schollz/progressbar/v3"
)

// The rules of what people see:
//
//   - stdout is for data alone: events with --json, the code where a script
//     reads it, a payload with -o -, a text that was received. All else goes to
//     stderr.
//   - Whatever another machine had a say in passes printable first.
//   - Lines are short and final. One line moves, the progress; it is there only
//     where stderr is a terminal, and it is gone before any other line comes.
//   - No colours, no emoji, no cursor movement but the carriage return, so
//     NO_COLOR has nothing to turn off.
//   - Questions go to the terminal itself (console.go), wherever stderr goes, and
//     nothing else is printed while one is open.
//   - --quiet leaves the code, questions and errors.
//   - An error is two lines: what happened, and what to do next.

// screen is stderr as people see it.
type screen struct {
	w     io.Writer
	quiet bool
	moves bool // w is a terminal that can show progress

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // nil until there is progress
	shown  bool                     // bar is on the screen
	asking bool
	held   []string // lines to come when the question is answered
}

// newScreen is the screen of a program; with --json nothing appears on it.
func newScreen(p *program) *screen {
	quiet := p.quiet || p.json
	// What is logged does not wait for the progress to make room.
	return &screen{w: p.stderr, quiet: quiet, moves: !quiet && !p.verbose && isTerminal(p.stderr)}
}

// say prints a line, unless it is to be quiet.
func (s *screen) say(format string, args ...any) {
	if !s.quiet {
		s.print(fmt.Sprintf(format, args...))
	}
}

// print prints a line.
func (s *screen) print(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking {
		s.held = append(s.held, line)
		return
	}
	s.clear()
	fmt.Fprintln(s.w, line)
}

// pause makes room for a question, until resume.
func (s *screen) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.asking = true
}

func (s *screen) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking = false
	for _, line := range s.held {
		fmt.Fprintln(s.w, line)
	}
	s.held = nil
}

// close leaves the screen to others.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.bar = nil
}

// printable is foreign text without what could drive a terminal or deceive its
// reader: control characters, line separators, and the controls of writing
// direction. Those in keep stay.
func printable(text string, keep ...rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(string(keep), r):
			return r
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control):
			return -1
		}
		return r // unicode.ReplacementChar for what is not UTF-8
	}, text)
}
