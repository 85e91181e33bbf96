package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// receive is the command of the receiver.
type receive struct {
	*program
	transferFlags
	output     string
	yes        bool
	onConflict string
	preserve   bool
}

func newReceive(p *program) *cobra.Command {
	r := &receive{program: p}
	cmd := &cobra.Command{
		Use:   "receive [flags] [CODE]",
		Short: "Receive what another machine sends",
		Long: `Receive what another machine sends, into this folder or --output.
Without CODE it is taken from TALLOW_CODE, or asked for, with Tab completing its
words. Other users of this machine can see arguments, but not what is typed.

Run again into the same folder after an interruption, it takes only what is
missing: with the same code while the sender still waits, else with a new one.`,
		Example: `  tallow receive 7-apple-walrus-kayak
  tallow receive -o ~/Downloads 7-apple-walrus-kayak
  tallow receive -y -o - 7-apple-walrus-kayak | tar x`,
		Args:              cobra.ArbitraryArgs, // the words of a code, with spaces between them
		ValidArgsFunction: completeCodeArgument,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&r.output, "output", "o", "", "folder or file name to receive to, a `PATH` or - for stdout (default this folder)")
	flags.BoolVarP(&r.yes, "yes", "y", false, "accept without asking")
	flags.StringVar(&r.onConflict, "on-conflict", string(tallow.ConflictAsk),
		"`what` to do with a file that exists: "+strings.Join(conflictNames(), ", ")+"; without a terminal, ask is fail")
	flags.BoolVar(&r.preserve, "preserve", false, "keep the sender's permissions, without applying the umask")
	r.register(cmd, tallow.DefaultReceiveTimeout)
	completeFlag(cmd, "on-conflict", completeConflicts)
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
	r.eventsToStderr = r.output == "-"
	if err := r.check(cmd); err != nil {
		return err
	}
	client, err := r.client(r.program, cmd)
	if err != nil {
		return err
	}
	n := newNarrator(r.program)
	n.receives, n.asks, n.wait, n.timeout = true, !r.yes, r.wait, r.timeout
	n.verifies = r.verify
	n.keys = r.output != "-" // else the program that reads the payload may need the keyboard
	var ask *prompt
	if isTerminal(r.stdin) || r.verify {
		c, err := r.openConsole(n.screen)
		switch {
		case err == nil:
			defer c.close()
			ask = &prompt{console: c}
		case r.verify:
			return errVerifyWithoutTerminal()
		}
	}
	o, err := r.options(cmd.Context(), args, ask)
	if err != nil {
		return err
	}
	rec, err := r.newRecorder(r.program, cmd, receiveEntry(o, r.meetsAt))
	if err != nil {
		return err
	}
	result, err := r.observe(cmd.Context(), n, rec, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return client.Receive(ctx, o)
	})
	if err != nil || result.Text == "" || r.json {
		return err
	}
	return r.show(result.Text)
}

// check rejects invalid flags.
func (r *receive) check(cmd *cobra.Command) error {
	if !slices.Contains(conflictNames(), r.onConflict) {
		return usage("It is one of "+strings.Join(conflictNames(), ", ")+".", "--on-conflict cannot be %q", r.onConflict)
	}
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
		PeerTimeout: r.timeout, ReconnectTimeout: r.reconnectTimeout(), LimitRate: int64(r.rate),
	}
	if r.output == "-" {
		o.Output, o.Writer = "", r.stdout
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
	o.Code = strings.Join(args, " ")
	if len(args) == 0 {
		o.Code = r.getenv("TALLOW_CODE")
	}
	if o.Code != "" || len(args) > 0 {
		return o, nil
	}
	if ask == nil {
		return o, usage("Give it as an argument or in TALLOW_CODE.", "there is no code, and no terminal to ask for it")
	}
	var err error
	o.Code, err = ask.code(ctx)
	return o, err
}

// show prints a text that was received. For a terminal, control characters are
// removed.
func (r *receive) show(text string) error {
	if isTerminal(r.stdout) {
		text = printable(text, '\n', '\t')
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if _, err := io.WriteString(r.stdout, text); err != nil {
		return brokenOutput(err)
	}
	return nil
}
