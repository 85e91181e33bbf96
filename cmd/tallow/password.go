package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// passwordVariable has the password of an encrypted file, or of a stored transfer.
const passwordVariable = "TALLOW_PASSWORD"

// maxPassword bounds a password, in bytes.
const maxPassword = 1024

// passwordSource is where the password of an encrypted file, of a stored transfer or of
// the vault comes from: a file, the environment, or a person.
type passwordSource struct {
	file     string
	variable string // of the environment; empty: passwordVariable
}

func (s *passwordSource) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "password-file", "", "a `FILE` whose first line is the password (default "+s.inEnvironment()+", else it is asked for)")
}

// inEnvironment is the variable that may have the password.
func (s *passwordSource) inEnvironment() string { return cmp.Or(s.variable, passwordVariable) }

// get returns a password that was chosen before.
func (s *passwordSource) get(ctx context.Context, p *program, ask *prompt) (string, error) {
	if password, ok, err := s.stored(p); ok || err != nil {
		return password, err
	}
	if ask == nil {
		return "", s.missing()
	}
	return ask.console.askSecret(ctx, "Password: ")
}

// choose returns a new password, which a person types twice.
func (s *passwordSource) choose(ctx context.Context, p *program, ask *prompt) (string, error) {
	if password, ok, err := s.stored(p); ok || err != nil {
		return password, err
	}
	if ask == nil {
		return "", s.missing()
	}
	return ask.newPassword(ctx)
}

// newPassword asks for a password twice.
func (p *prompt) newPassword(ctx context.Context) (string, error) {
	for {
		first, err := p.console.askSecret(ctx, "Password: ")
		if err != nil {
			return "", err
		}
		if err := checkPassword(first); err != nil {
			return "", err
		}
		again, err := p.console.askSecret(ctx, "The same again: ")
		if err != nil {
			return "", err
		}
		if first == again {
			return first, nil
		}
		fmt.Fprintln(p.console.out, "These are not the same.")
	}
}

// stored returns the password of the file or the environment, if there is one.
func (s *passwordSource) stored(p *program) (password string, ok bool, err error) {
	switch {
	case s.file != "":
		if password, err = readSecret("password", "--password-file", s.file); err != nil {
			return "", false, err
		}
	default:
		if password = p.getenv(s.inEnvironment()); password == "" {
			return "", false, nil
		}
	}
	return password, true, checkPassword(password)
}

// readSecret reads the first line of the file that a flag names.
func readSecret(what, flag, name string) (string, error) {
	unreadable := func(err error) error {
		return &failure{kind: tallow.KindIO, message: "the " + what + " could not be read: " + cause(err), hint: "Check " + flag + ".", err: err}
	}
	f, err := os.Open(name)
	if err != nil {
		return "", unreadable(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPassword+2))
	if err != nil {
		return "", unreadable(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// checkPassword rejects what is no password.
func checkPassword(password string) error {
	switch {
	case password == "":
		return usage("Choose one that nobody can guess.", "the password is empty")
	case len(password) > maxPassword:
		return usage("", "a password has at most %d bytes", maxPassword)
	case !utf8.ValidString(password):
		return usage("", "the password is not UTF-8")
	}
	return nil
}

// missing is the error for a password that nobody can be asked for.
func (s *passwordSource) missing() error {
	return usage("Put it into "+s.inEnvironment()+" or a --password-file.", "there is no password, and no terminal to ask for it")
}

// askSecret is ask without showing what is typed.
func (c *console) askSecret(ctx context.Context, question string) (string, error) {
	fd := descriptor(c.in)
	state, err := term.MakeRaw(fd) // before the question: what is typed at once is not shown either
	if err != nil {
		return "", (&passwordSource{}).missing()
	}
	defer func() { _ = term.Restore(fd, state) }()
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{c.in, c.out}, "")
	line, err := c.exchange(ctx, func() (string, error) {
		c.flush()
		return t.ReadPassword(question)
	})
	if errors.Is(err, io.EOF) { // Ctrl-C is no signal in this mode
		fmt.Fprint(c.out, "\r\n")
		return "", interrupted()
	}
	return line, err
}
