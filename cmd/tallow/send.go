package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// send is the command of the sender.
type send struct {
	*program
	*preferences
	code    string
	text    string
	name    string
	follow  bool
	filters filters
	dry     bool
	to      targets
	keeping keeping
	sharing sharing
	storing storing
}

func newSend(p *program) *cobra.Command {
	s := &send{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "send [flags] PATH...",
		Short: "Send files and folders, or a text",
		Long: `Send files and folders to whoever gives the code on another machine.
The code works once. A PATH of "-" sends what comes on stdin.
Without --code it is taken from TALLOW_CODE, and is not printed then; else it
is a new one.

Where stdout is not a terminal, the first line on it is the code alone.

With --keep NAME on both sides, they keep each other as devices once everything
is in place: from then on tallow send --to NAME needs no code.

With --store nobody has to wait: the relay keeps it, sealed, and tallow prints a
link for the receiver. The same command goes on with an upload that was
interrupted. tallow stored lists what is stored.`,
		Example: `  tallow send report.pdf photos
  tallow send --relay relay.example backup.tar
  tallow send --text 'the key is under the mat'
  tallow send --gitignore --exclude '*.iso' project
  tallow send --include '*.jpg' --dry-run photos
  tallow send --to laptop photos              a paired device: tallow devices
  tallow send --to phone,tower photos         several, or a group: --to @work
  tallow send --keep laptop photos            and pair with who receives it
  tallow send --store --expires 7d --downloads 3 photos
  tallow send --store-after 10m photos
  tallow send --store --mail ana@example.org photos
  tar c photos | tallow send --name photos.tar -`,
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args) },
	}
	s.registerSend(cmd)
	return cmd
}

// registerSend adds the flags of a send to a verb.
func (s *send) registerSend(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.code, "code", "", "use this `CODE` instead of a new one (default TALLOW_CODE)")
	flags.StringVar(&s.text, "text", "", "send this `STRING` instead of a path, or with - the text on stdin")
	flags.StringVar(&s.name, "name", "", "the `NAME` under which what comes on stdin is sent (default stdin)")
	flags.BoolVar(&s.follow, "follow-symlinks", false, "the same as --links follow")
	s.filters.register(cmd)
	flags.BoolVar(&s.dry, "dry-run", false, "list what would be sent and what would be left out, and contact nobody")
	flags.Var(&s.to, "to", "send to a paired `DEVICE`, without a code; to several: laptop,phone, or @NAME for a group")
	flags.BoolVar(&s.sharing.qr, "qr", false, "show the code as a QR code too, for the camera of a phone")
	flags.BoolVar(&s.sharing.copy, "copy", false, "copy the code to the clipboard too")
	s.keeping.register(cmd)
	s.storing.register(cmd)
	s.addPreferences(cmd, "words", "links", "rename-unsafe", "compress", "store-token", "mail-by")
	completeFlag(cmd, "code", completeCodeFlag)
	completeFlag(cmd, "text", noCompletion)
	completeFlag(cmd, "name", noCompletion)
	completeFlag(cmd, "to", s.completeTargets)
}

func (s *send) run(cmd *cobra.Command, args []string) error {
	if err := s.loadPreferences(cmd, tallow.DefaultSendTimeout); err != nil {
		return err
	}
	o, err := s.options(cmd, args)
	if err != nil {
		return err
	}
	var to *recipient
	if s.to.several() && !s.dry {
		return s.runSeveral(cmd.Context(), o)
	}
	if len(s.to) > 0 && !s.dry {
		if to, err = s.openRecipient(cmd.Context()); err != nil {
			return err
		}
		defer to.close()
		o.Code = to.code
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	if s.dry {
		return s.dryRun(cmd.Context(), client, o)
	}
	if s.storing.store {
		return s.runStore(cmd.Context(), client, o, to)
	}
	kept, err := s.openKeeper(cmd, s.keeping)
	if err != nil {
		return err
	}
	defer kept.close()
	if o.Invitation, err = kept.invite(cmd.Context()); err != nil {
		return err
	}
	rec := s.newRecorder(sendEntry(o, s.relay))
	n := newNarrator(s.program)
	n.subject, n.wait, n.timeout = subject(o), s.wait, s.timeout
	n.keys = o.Stream == nil && s.text != "-"
	n.known = o.Code != "" && s.code == ""
	switch {
	case to != nil:
		n.device = to.device.Name
	case !isTerminal(s.stdout):
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
	run := client.Send
	var keeper *storedKeeper
	if after := time.Duration(s.storing.after); after > 0 {
		var stored tallow.StoreOptions
		if stored, keeper, err = s.storeOptions(cmd.Context(), o, n, *s.preferences); err != nil {
			return err
		}
		defer keeper.close()
		run = func(ctx context.Context, o tallow.SendOptions) (tallow.Result, error) {
			return client.SendOrStore(ctx, o, after, stored)
		}
	}
	result, err := s.observeSend(cmd.Context(), n, rec, keeper, to, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return run(ctx, o)
	})
	if keeper != nil && keeper.stored.Complete {
		kept.stored()
		return firstOf(err, s.sendMails(cmd.Context(), client, keeper))
	}
	return firstOf(err, kept.afterSend(cmd.Context(), client, result, err))
}

// observeSend is observe for what is sent or stored: what happens is also kept for mails,
// shared, and told to the device that it is for, if there is one.
func (s *send) observeSend(ctx context.Context, n *narrator, rec *recorder, keeper *storedKeeper, to *recipient, run func(context.Context, *tallow.Controls, func(tallow.Event)) (tallow.Result, error)) (tallow.Result, error) {
	return s.observe(ctx, n, rec, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		return to.during(ctx, s.timeout, func(ctx context.Context, tell func(tallow.Event)) (tallow.Result, error) {
			return run(ctx, controls, func(e tallow.Event) {
				onEvent(e)
				keeper.event(e)
				s.sharing.shareEvent(s.program, n.screen, e)
				tell(e)
			})
		})
	})
}

// options returns the options from the flags and arguments.
func (s *send) options(cmd *cobra.Command, args []string) (tallow.SendOptions, error) {
	o := tallow.SendOptions{Code: s.code, Words: s.words, PeerTimeout: s.timeout, ReconnectTimeout: s.reconnectTimeout(), LimitRate: int64(s.rate), Links: tallow.Links(s.links), Compress: tallow.Compress(s.compress), RenameUnsafe: s.renameUnsafe}
	o.StreamName, o.GitIgnore, o.FindPage = s.name, s.filters.gitIgnore, s.sharing.qr
	given := cmd.Flags().Changed
	if !given("code") && !given("words") && len(s.to) == 0 {
		o.Code = s.getenv("TALLOW_CODE")
	}
	if err := s.checkNames(cmd, args); err != nil {
		return o, err
	}
	if err := s.storing.check(cmd); err != nil {
		return o, err
	}
	if err := s.checkTo(cmd); err != nil {
		return o, err
	}
	if s.follow {
		o.Links = tallow.LinksFollow
	}
	var err error
	if o.Rules, err = s.filters.rules(); err != nil {
		return o, err
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
		if o.Text, err = s.readText(cmd.Context()); err != nil {
			return o, err
		}
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

// checkNames checks flags that are only for some of what can be sent.
func (s *send) checkNames(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	filtered := len(s.filters.given) > 0 || s.filters.gitIgnore
	paths := len(args) > 0 && args[0] != "-"
	switch {
	case s.follow && given("links") && s.links != string(tallow.LinksFollow):
		return usage("Leave one of them out.", "--follow-symlinks is --links follow, and this is --links %s", s.links)
	case filtered && !paths && (given("text") || len(args) > 0):
		return usage("Leave out --include, --exclude, --exclude-from and --gitignore.", "a text and stdin have nothing to choose from")
	case given("name") && paths:
		return usage("To send a file under another name, use it as standard input: tallow send --name NAME - < FILE", "--name is for what comes on stdin")
	case given("name") && (len(args) == 0 || given("text")):
		return usage("As in: tallow send --name NAME -", "--name is for what comes on stdin")
	case given("name") && !isFileName(s.name):
		return usage("A name has no slash and no control characters.", "%s cannot be the name of a file", visible(s.name))
	}
	return nil
}

// isFileName reports whether a receiver may take a name for a file.
func isFileName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 255 && utf8.ValidString(name) && !strings.ContainsAny(name, `/\`) && printable(name) == name
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
