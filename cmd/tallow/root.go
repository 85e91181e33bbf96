package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// program is one run of the command: what surrounds it, and the flags that all
// verbs have.
type program struct {
	stdin, stdout, stderr *os.File
	getenv                func(string) string
	args                  []string
	terminal              terminalMode

	json    bool
	quiet   bool
	verbose bool

	settings    *settings.Set // of the preferences; preferences.go has them
	preferences preferences
	configFlag  string   // --config
	color       string   // --color
	logName     string   // --log-file
	logFile     *os.File // nil without it

	// eventsToStderr is set where stdout carries the payload.
	eventsToStderr bool
}

// execute runs the command line args and returns the exit code.
func (p *program) execute(ctx context.Context, args []string) int {
	p.args = args
	root := newRoot(p)
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	p.closeLogFile(err)
	return p.exit(err)
}

func newRoot(p *program) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "tallow",
		Short: "Move files and folders from one machine to another",
		Long: `Move files and folders from one machine to another, end-to-end encrypted.
The two sides share a short code, and nothing else.`,
		Example: `  tallow send photos             prints a code, such as 7-apple-walrus-kayak
  tallow receive                 on the other machine, asks for it`,
		Args: noSuchCommand,

		SuggestionsMinimumDistance: 2,

		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return p.printVersion()
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(*cobra.Command, []string) error { return checkAddressSpace() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		DisableAutoGenTag: true, // manual pages have no date but their own
	}
	root.Flags().BoolVar(&version, "version", false, "print which version this is")
	flags := root.PersistentFlags()
	flags.BoolVar(&p.json, "json", false, "print events as JSON, one a line, and nothing else")
	p.settings = newPreferences(p)
	completePreferences(p.settings)
	p.settings.Register(flags, "quiet", "verbose", "color")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// What follows the mistake was not parsed, and --json may be there.
		p.json = p.json || slices.Contains(p.args, "--json")
		return badFlag(cmd, err)
	})
	root.AddCommand(
		newSend(p), newReceive(p), newEncrypt(p), newDecrypt(p), newRelay(p), newCodeVerb(p), newConfig(p), newDoctor(p),
		newHistory(p), newStored(p), newDevices(p), newVault(p), newVersion(p), newCompletion(), newMan(),
	)
	nameValues(root)
	root.SetHelpFunc(p.help)
	return root
}

// noSuchCommand is the root's own arguments: it has none.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := seeHelp(cmd)
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "Did you mean tallow " + strings.Join(near, " or tallow ") + "?"
	}
	return usage(hint, "there is no command %q", args[0])
}

// usage is an error of the command line.
func usage(hint, format string, args ...any) error {
	return &failure{kind: tallow.KindUsage, message: fmt.Sprintf(format, args...), hint: hint}
}

func seeHelp(cmd *cobra.Command) string { return "See " + cmd.CommandPath() + " --help." }

// badFlag says in a sentence what is wrong with a flag.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usage(seeHelp(cmd), "there is no flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return usage(seeHelp(cmd), "there is no flag --%s", unknown.GetSpecifiedName())
	case errors.As(err, &value):
		flag := value.GetFlag()
		return usage(seeHelp(cmd), "--%s takes %s, not %q", flag.Name, valueText(flag), value.GetValue())
	case errors.As(err, &missing):
		return usage(seeHelp(cmd), "--%s needs a value", missing.GetFlag().Name)
	}
	return usage(seeHelp(cmd), "%v", err)
}

// events is where --json goes.
func (p *program) events() io.Writer {
	if p.eventsToStderr {
		return p.stderr
	}
	return p.stdout
}

// logger writes to stderr what is logged at level or above: as JSON lines of
// their own kind with --json, so that events can share the stream.
func (p *program) logger(level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if p.json {
		return slog.New(slog.NewJSONHandler(jsonWriter{p.stderr}, o)).With("event", "log")
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}

func isTerminal(f *os.File) bool { return term.IsTerminal(descriptor(f)) }
