package main

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/atotto/clipboard"
	"rsc.io/qr"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// sharing is what becomes of the code besides that it is printed.
type sharing struct {
	qr, copy bool
}

// shareEvent shares the code or the link of an event, if it has one.
func (f sharing) shareEvent(p *program, s *screen, e tallow.Event) {
	switch e := e.(type) {
	case tallow.CodeEvent:
		f.share(p, s, e)
	case tallow.StoredEvent:
		f.shareText(p, s, "link", e.Link, e.Link)
	}
}

// share draws and copies a code, as the flags say. What it says is there in spite of
// --quiet and --json, since it was asked for by a flag of its own.
func (f sharing) share(p *program, s *screen, e tallow.CodeEvent) {
	f.shareText(p, s, "code", cmp.Or(e.Link, e.Code), e.Code)
}

// shareText does that for a code or a link: one text is drawn, and one is copied.
func (f sharing) shareText(p *program, s *screen, what, drawn, copied string) {
	if f.qr {
		f.draw(p, s, drawn)
	}
	if f.copy {
		s.print(copyText(what, copied, terminalCopier(p), clipboard.WriteAll))
	}
}

// draw prints a QR code, if the terminal has room for it.
func (sharing) draw(p *program, s *screen, text string) {
	lines, err := qrLines(text)
	if err != nil {
		s.print("There is no QR code for this: " + err.Error())
		return
	}
	if columns := cells(lines[0]); s.width != nil && s.width() < columns {
		s.print(fmt.Sprintf("The QR code needs %d columns, and the terminal has %d.", columns, s.width()))
		return
	}
	s.print(strings.Join(lines, "\n") + "\nThe QR code is " + text)
}

// quietZone is the light margin of a QR code, in modules (ISO/IEC 18004, 9.1).
const quietZone = 4

// qrLines draws a QR code with half blocks: two modules above each other are one
// character. What is light in the code is the colour of the text, since most terminals
// are dark; readers also take a code whose colours are the other way round.
func qrLines(text string) ([]string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, err
	}
	light := func(x, y int) bool { return !code.Black(x, y) } // outside of the code all is light
	var lines []string
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		var line strings.Builder
		for x := -quietZone; x < code.Size+quietZone; x++ {
			upper, lower := light(x, y), light(x, y+1) && y+1 < code.Size+quietZone
			switch {
			case upper && lower:
				line.WriteRune('█')
			case upper:
				line.WriteRune('▀')
			case lower:
				line.WriteRune('▄')
			default:
				line.WriteByte(' ')
			}
		}
		lines = append(lines, line.String())
	}
	return lines, nil
}

// terminalCopier returns a function that asks the terminal to copy a text (OSC 52 of
// xterm's control sequences), or nil if there is no terminal that may know how. A
// terminal does not answer.
func terminalCopier(p *program) func(text string) error {
	if name := p.getenv("TERM"); !isTerminal(p.stderr) || name == "" || name == "dumb" {
		return nil
	}
	return func(text string) error {
		_, err := fmt.Fprintf(p.stderr, "\x1b]52;c;%s\a", base64.StdEncoding.EncodeToString([]byte(text)))
		return err
	}
}

// copyText copies a code or a link by the terminal, if that is not nil, and by the
// system's clipboard. It returns what to tell of it.
func copyText(what, text string, terminal, system func(string) error) string {
	asked := terminal != nil && terminal(text) == nil
	err := system(text)
	switch {
	case err == nil:
		return "Copied the " + what + " to the clipboard."
	case asked:
		return "Asked the terminal to copy the " + what + " to its clipboard."
	}
	return "The " + what + " is not copied, because no clipboard was found here: " + printable(err.Error())
}
