package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// console is the terminal as a place to ask questions, wherever the standard
// streams go. One question is asked at a time.
type console struct {
	in     *os.File
	lines  *bufio.Reader // of in
	out    io.Writer
	screen *screen
	opened []*os.File
}

// errNoTerminal: there is nobody to ask.
var errNoTerminal = errors.New("there is no terminal")

// openConsole opens the controlling terminal; where that cannot be done, stdin
// and stderr do if they are a terminal.
func (p *program) openConsole(s *screen) (*console, error) {
	inName, outName := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		inName, outName = "CONIN$", "CONOUT$"
	}
	in, err := os.OpenFile(inName, os.O_RDWR, 0)
	if err == nil {
		out, err := os.OpenFile(outName, os.O_RDWR, 0)
		if err == nil {
			return &console{in: in, lines: bufio.NewReader(in), out: out, screen: s, opened: []*os.File{in, out}}, nil
		}
		_ = in.Close()
	}
	if isTerminal(p.stdin) && isTerminal(p.stderr) {
		return &console{in: p.stdin, lines: bufio.NewReader(p.stdin), out: p.stderr, screen: s}, nil
	}
	return nil, errNoTerminal
}

// columns is the width of the terminal.
func (c *console) columns() int {
	if f, ok := c.out.(*os.File); ok {
		if columns, _, err := term.GetSize(descriptor(f)); err == nil && columns > 0 {
			return columns
		}
	}
	return usualWidth
}

// interrupted is the error of a person who ended the program at a question.
func interrupted() error {
	return &tallow.Error{Kind: tallow.KindInterrupted, Reason: tallow.ReasonInterrupted, Err: context.Canceled}
}

// ask shows a question and returns the line that is typed. The error is that of
// ctx, or io.EOF if the terminal is closed.
func (c *console) ask(ctx context.Context, question string) (string, error) {
	return c.exchange(ctx, func() (string, error) {
		c.flush()
		fmt.Fprint(c.out, question)
		return c.lines.ReadString('\n')
	})
}

// flush drops what was typed before a question: it is no answer to it.
func (c *console) flush() {
	flushInput(descriptor(c.in))
	_, _ = c.lines.Discard(c.lines.Buffered())
}

// completer is called with the line up to the cursor when Tab is pressed. It returns
// what to put in its place, and, where that is nothing new, the choices there are.
type completer func(typed string) (completed string, choices []string)

// Keys that a terminal gives as they are while a line is edited.
const (
	keyTab   = '\t'
	keyCtrlZ = 'Z' & 0x1f
)

// askRaw is ask with line editing and completion. Ctrl-Z stops the program, as it
// does elsewhere.
func (c *console) askRaw(ctx context.Context, question string, complete completer) (string, error) {
	fd := descriptor(c.in)
	state, err := term.MakeRaw(fd)
	if err != nil {
		return c.ask(ctx, question)
	}
	defer func() { _ = term.Restore(fd, state) }()
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{c.in, c.out}, question)
	t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		switch key {
		case keyTab:
			head, choices := complete(line[:pos])
			if len(choices) > 0 {
				fmt.Fprintf(t, "%s\n", choicesText(choices))
			}
			return head + line[pos:], len(head), true
		case keyCtrlZ:
			fmt.Fprint(c.out, "\r\n")
			_ = term.Restore(fd, state)
			stopProcess()
			_, _ = term.MakeRaw(fd) // it was possible before
			_, _ = t.Write(nil)     // shows the line again
			return line, pos, true
		}
		return "", 0, false
	}
	line, err := c.exchange(ctx, func() (string, error) {
		c.flush()
		return t.ReadLine()
	})
	if errors.Is(err, io.EOF) { // Ctrl-C is no signal in this mode
		fmt.Fprint(c.out, "\r\n")
		return "", interrupted()
	}
	return line, err
}

// exchange runs a question to its answer, or to the end of ctx.
func (c *console) exchange(ctx context.Context, ask func() (string, error)) (string, error) {
	c.screen.pause()
	defer c.screen.resume()
	line, err := readUntil(ctx, c.in, ask)
	if ctx.Err() != nil {
		fmt.Fprint(c.out, "\r\n")
	}
	return line, err
}

// close closes what openConsole opened. Nothing is asked after it.
func (c *console) close() {
	for _, f := range c.opened {
		_ = f.Close()
	}
}
