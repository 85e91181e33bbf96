package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// encrypt is the command that makes one file of several, under a password.
type encrypt struct {
	*program
	*preferences
	out      string
	name     string
	filters  filters
	password passwordSource
}

func newEncrypt(p *program) *cobra.Command {
	e := &encrypt{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "encrypt [flags] PATH...",
		Short: "Encrypt files and folders with a password, into one file",
		Long: `Encrypt files and folders with a password, into one file: PATH.tallow in this
folder, or --output. tallow decrypt opens it. The files themselves stay as they
are. A PATH of "-" encrypts what comes on stdin.

The password is asked for, twice; or it is taken from --password-file or
TALLOW_PASSWORD. Whoever has the file can try passwords for as long as they
like, so choose one that nobody can guess. Without it nothing can be opened.`,
		Example: `  tallow encrypt photos                        makes photos.tallow
  tallow encrypt -o backup.tallow photos notes.txt
  tar c photos | tallow encrypt --password-file key.txt -o - - > photos.tallow`,
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&e.out, "output", "o", "", "the file to write or a folder for it, a `PATH`, or - for stdout (default this folder)")
	flags.StringVar(&e.name, "name", "", "the `NAME` of what comes on stdin (default stdin)")
	e.filters.register(cmd)
	e.password.register(cmd)
	p.settings.Register(flags, "links", "rename-unsafe", "on-conflict", "log-file")
	p.addConfigFlag(cmd)
	completeFlag(cmd, "name", noCompletion)
	return cmd
}

func (e *encrypt) run(cmd *cobra.Command, args []string) error {
	if err := e.loadPreferences(cmd, tallow.DefaultSendTimeout); err != nil {
		return err
	}
	o, err := e.options(cmd, args)
	if err != nil {
		return err
	}
	client, err := e.client()
	if err != nil {
		return err
	}
	n := newNarrator(e.program)
	n.alone, n.subject = work{"Encrypting", "Encrypted"}, "what is there"
	ask, done := e.asker(n, &o.OnConflict)
	defer done()
	if ask != nil {
		o.Ask = ask.conflict
	}
	if o.Password, err = e.password.choose(cmd.Context(), e.program, ask); err != nil {
		return err
	}
	_, err = e.observe(cmd.Context(), n, nil, func(ctx context.Context, _ *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.OnEvent = onEvent
		return client.Encrypt(ctx, o)
	})
	return err
}

// options returns the options from the flags and arguments, without the password.
func (e *encrypt) options(cmd *cobra.Command, args []string) (o tallow.EncryptOptions, err error) {
	given := cmd.Flags().Changed
	o = tallow.EncryptOptions{
		Links: tallow.Links(e.links), RenameUnsafe: e.renameUnsafe, GitIgnore: e.filters.gitIgnore,
		Output: e.out, OnConflict: tallow.Conflict(e.onConflict), StreamName: e.name,
	}
	if o.Rules, err = e.filters.rules(); err != nil {
		return o, err
	}
	stdin := slices.Contains(args, "-")
	switch {
	case len(args) == 0:
		return o, usage("Name files or folders, or - for stdin. "+seeHelp(cmd), "there is nothing to encrypt")
	case stdin && len(args) > 1:
		return o, usage("A file of that name is ./-", "- is stdin, and that is encrypted alone")
	case stdin && (len(e.filters.given) > 0 || e.filters.gitIgnore):
		return o, usage("Leave out --include, --exclude, --exclude-from and --gitignore.", "stdin has nothing to choose from")
	case given("name") && !stdin:
		return o, usage("As in: tallow encrypt --name NAME -", "--name is for what comes on stdin")
	case given("name") && !isFileName(e.name):
		return o, usage("A name has no slash and no control characters.", "%s cannot be the name of a file", visible(e.name))
	case given("output") && e.out == "":
		return o, usage("", "--output is empty")
	case stdin:
		o.Stream = e.stdin
	default:
		o.Paths = args
	}
	o.Output, o.Writer, err = e.place(e.out)
	return o, err
}

// place returns where the output of encrypt and decrypt goes: a path, or stdout.
func (p *program) place(output string) (string, io.Writer, error) {
	if output != "-" {
		return output, nil, nil
	}
	p.eventsToStderr = true
	return "", p.stdout, nil
}

// asker returns who is asked, if there is a terminal. Without one, to ask about a
// conflict is to fail. done has to be called at the end.
func (p *program) asker(n *narrator, c *tallow.Conflict) (ask *prompt, done func()) {
	console, err := p.openConsole(n.screen)
	if err != nil {
		if *c == tallow.ConflictAsk {
			*c = tallow.ConflictFail
		}
		return nil, func() {}
	}
	return &prompt{console: console}, console.close
}
