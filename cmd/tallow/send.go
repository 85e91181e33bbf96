package main

import (
	"context"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// send is the command of the sender.
type send struct {
	*program
	*preferences
	code string
	text string
}

func newSend(p *program) *cobra.Command {
	s := &send{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "send [flags] PATH...",
		Short: "Send files and folders, or a text",
		Long: `Send files and folders to whoever gives the code on another machine.
The code works once. A PATH of "-" sends what comes on stdin.
Without --code it is taken from TALLOW_CODE, and is not printed then; else it is a
new one.

Where stdout is not a terminal, the first line on it is the code alone.`,
		Example: `  tallow send report.pdf photos
  tallow send --relay relay.example backup.tar
  tallow send --text 'the key is under the mat'
  tar c photos | tallow send -`,
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.code, "code", "", "use this `CODE` instead of a new one (default TALLOW_CODE)")
	flags.StringVar(&s.text, "text", "", "send this `STRING` instead of a path, or with - the text on stdin")
	p.addPreferences(cmd, "words", "links", "rename-unsafe")
	completeFlag(cmd, "code", completeCodeFlag)
	completeFlag(cmd, "text", noCompletion)
	return cmd
}

func (s *send) run(cmd *cobra.Command, args []string) error {
	if err := s.loadPreferences(cmd, tallow.DefaultSendTimeout); err != nil {
		return err
	}
	o, err := s.options(cmd, args)
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	n := newNarrator(s.program)
	n.subject, n.wait, n.timeout = subject(o), s.wait, s.timeout
	n.keys = o.Stream == nil && s.text != "-"
	n.known = o.Code != "" && s.code == ""
	if !isTerminal(s.stdout) {
		n.codeTo = s.stdout
	}
	if s.verify {
		c, err := s.openConsole(n.screen)
		if err != nil {
			return s.errVerifyWithoutTerminal()
		}
		defer c.close()
		n.verifies, o.Verify = true, (&prompt{console: c}).verify
	}
	_, err = s.observe(cmd.Context(), n, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return client.Send(ctx, o)
	})
	return err
}

// options returns the options from the flags and arguments.
func (s *send) options(cmd *cobra.Command, args []string) (tallow.SendOptions, error) {
	o := tallow.SendOptions{Code: s.code, Words: s.words, PeerTimeout: s.timeout, ReconnectTimeout: s.reconnectTimeout(), LimitRate: int64(s.rate), Links: tallow.Links(s.links), RenameUnsafe: s.renameUnsafe}
	given := cmd.Flags().Changed
	if !given("code") && !given("words") {
		o.Code = s.getenv("TALLOW_CODE")
	}
	switch {
	case given("code") && given("words"):
		return o, usage("Leave one of them out.", "--words is for a new code, and --code is one already")
	case given("code") && s.code == "":
		return o, usage("It looks like 7-apple-walrus-kayak.", "--code is empty")
	case given("relay-pin") && s.relay == "":
		return o, usage("Name the relay with --relay HOST.", "--relay-pin is for a relay, and there is none")
	case given("text") && len(args) > 0:
		return o, usage("Send them one after the other.", "a text and paths cannot be sent together")
	case given("text") && s.text == "":
		return o, usage("", "the text is empty")
	case given("text") && s.text == "-":
		text, err := s.readText(cmd.Context())
		if err != nil {
			return o, err
		}
		o.Text = text
	case given("text"):
		o.Text = s.text
	case len(args) == 0:
		return o, usage("Name files or folders, - for stdin, or give --text. "+seeHelp(cmd), "there is nothing to send")
	case slices.Contains(args, "-") && len(args) > 1:
		return o, usage("A file of that name is ./-", "- is stdin, and that is sent alone")
	case args[0] == "-":
		o.Stream = s.stdin
	default:
		o.Paths = args
	}
	return o, nil
}

// maxText bounds a text, in bytes: a receiver takes no longer one.
const maxText = 1 << 20

// readText reads a text from stdin.
func (s *send) readText(ctx context.Context) (string, error) {
	text, err := readUntil(ctx, s.stdin, func() ([]byte, error) { return io.ReadAll(io.LimitReader(s.stdin, maxText+1)) })
	switch {
	case ctx.Err() != nil:
		return "", interrupted()
	case err != nil:
		return "", &failure{kind: tallow.KindIO, message: "the text could not be read from stdin: " + cause(err), err: err}
	case len(text) == 0:
		return "", usage("", "the text on stdin is empty")
	case len(text) > maxText:
		return "", usage("Send it as a stream: tallow send -", "the text on stdin is over 1 MiB")
	case !utf8.Valid(text):
		return "", usage("Send it as a stream: tallow send -", "what comes on stdin is no text")
	}
	return string(text), nil
}

// subject is what is sent, for people.
func subject(o tallow.SendOptions) string {
	switch {
	case o.Text != "":
		return "a text"
	case o.Stream != nil:
		return "what comes on stdin"
	}
	return namesText(o.Paths)
}

// errVerifyWithoutTerminal is for --verify where no person can be asked.
func (p *program) errVerifyWithoutTerminal() error {
	return usage("Run it in a terminal, or without --verify.", "%s needs a terminal to show the words on and to ask", p.settings.Place("verify"))
}
