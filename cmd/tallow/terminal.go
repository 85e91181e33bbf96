package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/term"
)

// The rules of what people see:
//
//   - stdout is for data alone: events with --json, the code where a script
//     reads it, a payload with -o -, a text that was received. All else goes to
//     stderr.
//   - Whatever another machine had a say in passes printable or visible first
//     (visible.go), also a text or payload that goes to a terminal.
//   - Lines are short and final. One line moves, the progress, or one for each of
//     several transfers (board.go); they are there only where stderr is a terminal, and
//     they are gone before any other line comes.
//   - Colours only in a terminal, and never without words that say the same
//     (palette.go); NO_COLOR and --color turn them off. No emoji, no cursor movement
//     but the carriage return, and from the end of a board back to its beginning. The
//     progress erases what it has drawn with escape sequences where TERM has them.
//   - Questions go to the terminal itself (console.go), wherever stderr goes, and
//     nothing else is printed while one is open.
//   - Keys are heard only while the progress says which (keys.go).
//   - In the background there is no progress and no key is heard: the terminal is
//     the shell's (jobcontrol_unix.go).
//   - --quiet leaves the code, questions and errors.
//   - An error is two lines: what happened, and what to do next.

// The size of a terminal that does not tell.
const (
	usualWidth  = 80
	usualHeight = 24
)

// extent is the size of a terminal.
type extent struct{ columns, lines int }

// screen is stderr as people see it.
type screen struct {
	w     io.Writer
	quiet bool
	moves bool // w is a terminal that can show progress

	width func() int  // of the terminal, in columns; nil if nothing moves
	tall  func() int  // likewise its height, in lines
	front func() bool // the terminal is this program's, and not the shell's; nil: always
	keys  *keyboard   // set before there are events; nil if no keys are heard

	plain   bool // the terminal knows no escape sequences
	palette palette

	mu     sync.Mutex
	rows   []*row // one for each transfer
	shown  int    // the cells that the progress takes on the screen, of a board the lines; 0: it is not there
	drawn  extent // the terminal for which it was drawn
	wished bool   // data is held back by this side, perhaps among others
	asking bool
	held   []string // lines to come when the question is answered
}

// newScreen is the screen of a program; with --json nothing appears on it.
func newScreen(p *program) *screen {
	quiet := p.quiet || p.json
	// What is logged does not wait for the progress to make room.
	s := &screen{w: p.stderr, quiet: quiet, moves: !quiet && !p.verbose && isTerminal(p.stderr), palette: p.palette(p.stderr)}
	if s.moves {
		s.width = func() int { return terminalSize(p.stderr).columns }
		s.tall = func() int { return terminalSize(p.stderr).lines }
		s.front = func() bool { return foreground(descriptor(p.stderr)) }
		s.plain = p.plainTerminal()
	}
	return s
}

// terminalSize is the size of a terminal.
func terminalSize(f *os.File) extent {
	columns, lines, err := term.GetSize(descriptor(f))
	if err != nil || columns == 0 {
		columns = usualWidth
	}
	if err != nil || lines == 0 {
		lines = usualHeight
	}
	return extent{columns, lines}
}

// size is the size of the screen.
func (s *screen) size() extent {
	size := extent{usualWidth, usualHeight}
	if s.width != nil {
		size.columns = s.width()
	}
	if s.tall != nil {
		size.lines = s.tall()
	}
	return size
}

// say prints a line, unless it is to be quiet.
func (s *screen) say(format string, args ...any) {
	if !s.quiet {
		s.print(fmt.Sprintf(format, args...))
	}
}

// warn says what went wrong and does not end the program. The reason is for programs.
func (s *screen) warn(_, format string, args ...any) {
	s.say("Warning: %s", printable(fmt.Sprintf(format, args...)))
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
	s.stay()
}

// pause makes room for a question, until resume.
func (s *screen) pause() {
	s.keys.pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.asking = true
}

func (s *screen) resume() {
	defer s.keys.resume()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking = false
	for _, line := range s.held {
		fmt.Fprintln(s.w, line)
	}
	s.held = nil
	s.stay()
}

// suspend leaves the terminal as a shell expects it while stop runs, which stops
// the program until a shell lets it go on.
func (s *screen) suspend(stop func()) {
	s.keys.suspend()
	defer s.keys.proceed()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	stop()
	s.redraw()
}

// refresh shows the progress again.
func (s *screen) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redraw()
}

// close leaves the screen to others.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.rows = nil
}

// write shows text as it is; s.mu is held. The only failure is that of the screen
// itself.
func (s *screen) write(text string) { _, _ = io.WriteString(s.w, text) }

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
