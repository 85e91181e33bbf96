package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// pty is a pseudo-terminal with a person at it.
type pty struct {
	keys *os.File // what is typed
	tty  *os.File // the program's end

	mu    sync.Mutex
	shown bytes.Buffer
}

// openPTY returns the two ends of a new pseudo-terminal.
func openPTY() (keys, tty *os.File, err error) {
	keys, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	conn, err := keys.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	var number int
	controlErr := conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err = errors.Join(err, controlErr); err != nil {
		return nil, nil, err
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	return keys, tty, err
}

func newPTY(t *testing.T) *pty {
	t.Helper()
	keys, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{keys: keys, tty: tty}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(p, keys) })
	t.Cleanup(func() {
		_, _ = tty.Close(), keys.Close()
		wg.Wait()
	})
	return p
}

// Write takes what the terminal shows.
func (p *pty) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.Write(b)
}

// await waits until the terminal shows something.
func (p *pty) await(t *testing.T, text string) {
	t.Helper()
	if err := poll(func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !bytes.Contains(p.shown.Bytes(), []byte(text)) {
			return fmt.Errorf("%q does not show %q", p.shown.String(), text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// text is what the terminal has shown.
func (p *pty) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

func (p *pty) write(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(p.keys, keys); err != nil {
		t.Fatal(err)
	}
}

// mode is the terminal's state.
func (p *pty) mode(t *testing.T) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

func (p *pty) prompt() *prompt {
	return &prompt{console: &console{in: p.tty, lines: bufio.NewReader(p.tty), out: p.tty, screen: &screen{w: p.tty}}}
}

// asked is the answer to a question that is being asked.
type asked struct {
	code string
	err  error
}

func askCode(ctx context.Context, q *prompt) <-chan asked {
	answer := make(chan asked, 1)
	go func() {
		code, err := q.code(ctx)
		answer <- asked{code, err}
	}()
	return answer
}

func TestCodePrompt(t *testing.T) {
	p := newPTY(t)
	q := p.prompt()
	before := p.mode(t)
	answer := askCode(t.Context(), q)
	p.await(t, "Code: ")
	p.write(t, "7-ac\t") // not certain: the choices are shown
	p.await(t, "  acid  acoustics  ")
	p.write(t, "i\t")
	p.await(t, "7-acid-")
	p.write(t, "acrorn-acre\r")
	wrong := `"acrorn" is not a word of a code. Did you mean acorn, `
	p.await(t, wrong)
	awaitAfter(t, p, wrong, "Code: ") // what is typed before the question does not count
	p.write(t, "7-acid-acor\tacre\r")
	if a := <-answer; a.err != nil || a.code != "7-acid-acorn-acre" {
		t.Fatalf("%q, %v", a.code, a.err)
	}
	if p.mode(t) != before {
		t.Error("the terminal is not as it was")
	}
}

// awaitAfter waits until a terminal shows text after what it has shown.
func awaitAfter(t *testing.T, p *pty, shown, text string) {
	t.Helper()
	if err := poll(func() error {
		_, rest, _ := strings.Cut(p.text(), shown)
		if !strings.Contains(rest, text) {
			return fmt.Errorf("%q does not come after %q in %q", text, shown, p.text())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What is typed before a question does not answer it.
func TestTypedAhead(t *testing.T) {
	p := newPTY(t)
	q := p.prompt()
	for i, answer := range []string{"n\n", "y\n"} {
		p.write(t, "yes\nno\nyes\n7-acid-acorn-acre\n")
		accepted := make(chan bool, 1)
		go func() {
			ok, err := q.accept(t.Context(), tallow.Offer{Known: true, Files: int64(i + 2), Names: []string{"\x1b[2Ja"}, Resuming: i == 1})
			accepted <- ok && err == nil
		}()
		p.await(t, fmt.Sprintf(`\x1b[2Ja: %d files, 0 bytes`+"\r\n%s (y/n) ", i+2, []string{"Accept?", "Part of it is here already. Go on?"}[i]))
		p.write(t, answer)
		if got := <-accepted; got != (answer == "y\n") {
			t.Errorf("%q: %v", answer, got)
		}
	}
	p.write(t, "7-acid-acorn-acre\n")
	before := len(p.text())
	code := askCode(t.Context(), q)
	if err := poll(func() error {
		if !strings.Contains(p.text()[before:], "Code: ") {
			return errors.New("no question")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p.write(t, "8-acid-acorn-acre\r")
	if a := <-code; a.err != nil || a.code != "8-acid-acorn-acre" {
		t.Errorf("%q, %v", a.code, a.err)
	}
}

func TestCtrlCAtThePrompt(t *testing.T) {
	p := newPTY(t)
	before := p.mode(t)
	answer := askCode(t.Context(), p.prompt())
	p.await(t, "Code: ")
	p.write(t, "7-acid\x03")
	var e *tallow.Error
	if a := <-answer; !errors.As(a.err, &e) || e.Kind != tallow.KindInterrupted {
		t.Errorf("%q, %v", a.code, a.err)
	}
	if p.mode(t) != before {
		t.Error("the terminal is not as it was")
	}
}

func TestTheTransferEndsDuringAQuestion(t *testing.T) {
	p := newPTY(t)
	before := p.mode(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the other side left")
	q := p.prompt()
	answer := askCode(ctx, q)
	p.await(t, "Code: ")
	cancel(gone)
	if a := <-answer; !errors.Is(a.err, gone) {
		t.Errorf("%q, %v", a.code, a.err)
	}
	if p.mode(t) != before {
		t.Error("the terminal is not as it was")
	}
	if _, err := q.conflict(ctx, tallow.Existing{Path: "a"}); !errors.Is(err, gone) {
		t.Errorf("a question after the end: %v", err)
	}
}
