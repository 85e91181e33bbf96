package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// receive is the command of the receiver.
type receive struct {
	*program
	*preferences
	payload  io.Writer // where it goes with --output -
	listen   bool
	password passwordSource
	words    wordsSource
	keeping  keeping
}

func newReceive(p *program) *cobra.Command {
	r := &receive{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "receive [flags] [CODE]",
		Short: "Receive what another machine sends",
		Long: `Receive what another machine sends, into this folder or --output.
Without CODE it is taken from TALLOW_CODE, or asked for, with Tab completing its
words. A CODE of "-" is the first line of stdin. Other users of this machine can
see arguments, but none of these three.

CODE may also be the link of a stored transfer, in quotation marks. It counts as
a download once everything is in place. If it has a password, that is asked for;
or it is taken from --password-file or TALLOW_PASSWORD. For a link without its
key, as mails of a relay have it, you are asked for the words that its sender
tells you; or they are taken from --link-words-file or TALLOW_LINK_WORDS.

With --keep NAME on both sides, they keep each other as devices once everything
is in place: from then on tallow send --to NAME needs no code.

Run again into the same folder after an interruption, it takes only what is
missing: with the same link; with the same code while the sender still waits,
else with a new one.`,
		Example: `  tallow receive 7-apple-walrus-kayak
  tallow receive -o ~/Downloads 7-apple-walrus-kayak
  tallow receive                              asks for the code
  tallow receive -y - < code.txt
  tallow receive --keep desk 7-apple-walrus-kayak
  tallow receive "$LINK"                      fetches what is stored
  tallow receive --listen -o ~/Downloads      takes what your devices send
  tallow receive -y -o - 7-apple-walrus-kayak | tar x`,
		Args:              cobra.ArbitraryArgs, // the words of a code, with spaces between them
		ValidArgsFunction: completeCodeArgument,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd, args) },
	}
	r.password.register(cmd)
	r.words.register(cmd)
	r.keeping.register(cmd)
	cmd.Flags().BoolVar(&r.listen, "listen", false, "take what paired devices send, until it is stopped: tallow devices")
	p.addPreferences(cmd, "output", "yes", "on-conflict", "preserve", "accept-max", "open")
	return cmd
}

// conflictNames returns the values of --on-conflict.
func conflictNames() []string {
	var names []string
	for _, c := range []tallow.Conflict{
		tallow.ConflictAsk, tallow.ConflictRename, tallow.ConflictOverwrite, tallow.ConflictSkip, tallow.ConflictFail,
	} {
		names = append(names, string(c))
	}
	return names
}

func (r *receive) run(cmd *cobra.Command, args []string) error {
	if err := r.loadPreferences(cmd, tallow.DefaultReceiveTimeout); err != nil {
		return err
	}
	if r.listen {
		return r.runListen(cmd, args)
	}
	r.eventsToStderr = r.output == "-"
	if err := r.check(cmd); err != nil {
		return err
	}
	client, err := r.client()
	if err != nil {
		return err
	}
	kept, err := r.openKeeper(cmd, r.keeping)
	if err != nil {
		return err
	}
	defer kept.close()
	n := newNarrator(r.program)
	n.receives, n.asks, n.wait, n.timeout = true, !r.yes, r.wait, r.timeout
	n.verifies, n.acceptMax = r.verify, int64(r.acceptMax)
	n.keys = r.output != "-" // else the program that reads the payload may need the keyboard
	var ask *prompt
	if isTerminal(r.stdin) || r.verify {
		c, err := r.openConsole(n.screen)
		switch {
		case err == nil:
			defer c.close()
			ask = &prompt{console: c}
		case r.verify:
			return r.errVerifyWithoutTerminal()
		}
	}
	r.payload = r.stdout
	if isTerminal(r.stdout) {
		shown := &visibleWriter{w: r.stdout}
		defer func() { _ = shown.flush() }()
		r.payload = shown
	}
	o, err := r.options(cmd.Context(), args, ask)
	if err != nil {
		return err
	}
	if n.stored = tallow.IsLink(o.Code); n.stored {
		if r.verify && cmd.Flags().Changed("verify") {
			return usage("Leave it out: the key in the link is what proves that it is the right one.", "--verify compares words with a sender, and for a stored transfer there is none")
		}
		if kept != nil {
			return usage("Leave it out. To pair with the sender: tallow devices pair", "--keep is for a sender that is there, and for a stored transfer there is none")
		}
		o.Password, o.Words = r.askPassword(ask), r.words.ask(r.program, ask)
	}
	o.Keep = kept != nil
	rec := r.newRecorder(receiveEntry(o, r.relay))
	result, err := r.observe(cmd.Context(), n, rec, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return client.Receive(ctx, o)
	})
	return firstOf(r.finish(n, result, err), kept.afterReceive(cmd.Context(), result, err))
}

// finish shows a text that was received, or the folder with what was received; err is
// how it ended.
func (r *receive) finish(n *narrator, result tallow.Result, err error) error {
	if err == nil && result.Text != "" && !r.json {
		err = r.show(result.Text)
	}
	if r.open && result.Files > 0 {
		r.openResult(n, result)
	}
	return err
}

// openResult has the desktop show the folder with what was received, or says why not,
// which is no failure.
func (r *receive) openResult(n *narrator, result tallow.Result) {
	if result.Folder == "" {
		n.screen.say("There is no folder to open: nothing was saved.")
		return
	}
	first := ""
	if len(n.tops) > 0 {
		first = n.tops[0]
	}
	if err := r.openFolder(result.Folder, first); err != nil {
		n.screen.say("The folder was not opened: %v.", err)
	}
}

// askPassword returns what gets the password of a stored transfer. Only a person can
// try again.
func (r *receive) askPassword(ask *prompt) func(context.Context, bool) (string, error) {
	return func(ctx context.Context, wrong bool) (string, error) {
		if wrong {
			if _, given, err := r.password.stored(r.program); given || err != nil || ask == nil {
				return "", &tallow.Error{Kind: tallow.KindCode, Reason: tallow.ReasonPasswordWrong}
			}
			fmt.Fprintln(ask.console.out, "This is not the password. Capital letters and spaces count.")
		}
		return r.password.get(ctx, r.program, ask)
	}
}

// check rejects invalid flags.
func (r *receive) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("output") && r.output == "" {
		return usage("", "--output is empty")
	}
	if !r.yes && !isTerminal(r.stdin) {
		return errAcceptWithoutTerminal()
	}
	return nil
}

// errAcceptWithoutTerminal is for an offer that neither a person nor --yes can
// accept.
func errAcceptWithoutTerminal() error {
	return usage("To accept without being asked: --yes", "there is no terminal to ask whether to accept what is offered")
}

// options returns the options from the flags and arguments. If there is no code
// among them, it asks for one. Without a terminal, ask is nil.
func (r *receive) options(ctx context.Context, args []string, ask *prompt) (tallow.ReceiveOptions, error) {
	o := tallow.ReceiveOptions{
		OnConflict: tallow.Conflict(r.onConflict), Preserve: r.preserve, Output: r.output,
		MaxBytes: int64(r.acceptMax), PeerTimeout: r.timeout, ReconnectTimeout: r.reconnectTimeout(), LimitRate: int64(r.rate),
	}
	if r.output == "-" {
		o.Output, o.Writer = "", r.payload
	}
	if o.OnConflict == tallow.ConflictAsk {
		o.OnConflict = tallow.ConflictFail
		if ask != nil {
			o.OnConflict, o.Ask = tallow.ConflictAsk, ask.conflict
		}
	}
	if r.verify {
		o.Verify = ask.verify
	}
	if !r.yes {
		if ask == nil {
			return o, errAcceptWithoutTerminal()
		}
		o.Accept = ask.accept
	}
	var err error
	o.Code, err = r.code(ctx, args, ask)
	return o, err
}

// code returns the code from the arguments, stdin, the environment or a person.
func (r *receive) code(ctx context.Context, args []string, ask *prompt) (string, error) {
	code := strings.Join(args, " ")
	fromStdin := code == stdinCode
	if len(args) == 0 {
		code = r.getenv("TALLOW_CODE")
	}
	switch {
	case fromStdin && !isTerminal(r.stdin):
		return r.readCode(ctx)
	case !fromStdin && (code != "" || len(args) > 0):
		return code, nil
	case ask == nil:
		return "", usage("Give it as an argument, in TALLOW_CODE, or with - on stdin.", "there is no code, and no terminal to ask for it")
	}
	return ask.code(ctx)
}

// stdinCode is the argument that stands for a code on stdin.
const stdinCode = "-"

// maxCodeLine bounds a line with a code, in bytes.
const maxCodeLine = 4096

// readCode reads a code from the first line of stdin.
func (r *receive) readCode(ctx context.Context) (string, error) {
	line, err := readUntil(ctx, r.stdin, func() (string, error) {
		return bufio.NewReader(io.LimitReader(r.stdin, maxCodeLine)).ReadString('\n')
	})
	switch {
	case ctx.Err() != nil:
		return "", interrupted()
	case err != nil && !errors.Is(err, io.EOF):
		return "", &failure{kind: tallow.KindIO, message: "the code could not be read from stdin: " + cause(err), err: err}
	case strings.TrimSpace(line) == "":
		return "", usage("Its first line is the code.", "there is no code on stdin")
	}
	return strings.TrimSpace(line), nil
}

// show prints a text that was received: to a terminal with control characters written
// out, else as it is.
func (r *receive) show(text string) error {
	if isTerminal(r.stdout) {
		text = visibleText(text)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if _, err := io.WriteString(r.stdout, text); err != nil {
		return brokenOutput(err)
	}
	return nil
}
