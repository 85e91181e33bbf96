package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// config is the command that shows and changes the configuration.
type config struct{ *program }

func newConfig(p *program) *cobra.Command {
	c := config{p}
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show and change what tallow does unless it is told otherwise",
		Long: `Show and change the settings of send and receive. Each is a flag, a variable
such as TALLOW_LIMIT_RATE, and a key of the configuration file, which is TOML.
The first of these three that is there counts. A relay has settings of its own:
see tallow relay --help.`,
		Example: `  tallow config show
  tallow config set relay relay.example
  tallow config set output ~/Downloads
  tallow config unset relay`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	verbs := []*cobra.Command{
		{
			Use:   "show [NAME...]",
			Short: "Print the settings, and where each comes from",
			Example: `  tallow config show
  tallow config show relay limit-rate
  tallow config show --json`,
			ValidArgsFunction: c.completeNames,
			RunE:              c.show,
		},
		{
			Use:               "path",
			Short:             "Print the name of the configuration file",
			Example:           `  ${EDITOR:-vi} "$(tallow config path)"`,
			Args:              noArguments,
			ValidArgsFunction: noCompletion,
			RunE:              func(*cobra.Command, []string) error { return c.path() },
		},
		{
			Use:   "set NAME VALUE",
			Short: "Change a setting in the configuration file",
			Long: `Change a setting in the configuration file. Everything else in the file stays
as it is. A VALUE of "-" is read from stdin, without showing it: other users of
this machine can see arguments.`,
			Example: `  tallow config set limit-rate 2M
  tallow config set relay-pin PIN1,PIN2
  tallow config set relay-password -`,
			ValidArgsFunction: c.completeNames,
			RunE:              c.set,
		},
		{
			Use:               "unset NAME...",
			Short:             "Take settings out of the configuration file",
			Example:           `  tallow config unset limit-rate`,
			ValidArgsFunction: c.completeNames,
			RunE:              c.unset,
		},
	}
	for _, verb := range verbs {
		p.addConfigFlag(verb)
		cmd.AddCommand(verb)
	}
	return cmd
}

func (c config) completeNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if cmd.Name() == "set" && len(args) > 0 {
		return noCompletion(cmd, args, typed)
	}
	return c.settings.Names(), cobra.ShellCompDirectiveNoFileComp
}

// show prints the settings that are named, or all.
func (c config) show(cmd *cobra.Command, args []string) error {
	if err := c.known(args); err != nil {
		return err
	}
	if err := c.loadPreferences(cmd, 0); err != nil {
		return err
	}
	values := c.settings.Values()
	if len(args) > 0 {
		values = only(values, args)
	}
	if c.json {
		e := newEncoder(c.events(), nil)
		for _, v := range values {
			e.setting(v)
		}
		return e.failure()
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, v := range values {
		place := v.Place
		if place == "" {
			place = "default"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, settingText(v), printable(place))
	}
	if err := w.Flush(); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// settingText is the value of a setting for people.
func settingText(v settings.Value) string {
	switch {
	case v.Secret && v.Source != settings.Default:
		return "(not shown)"
	case v.Text == "":
		return "-"
	}
	return printable(v.Text)
}

func only(values []settings.Value, names []string) (chosen []settings.Value) {
	for _, name := range names {
		for _, v := range values {
			if v.Name == name {
				chosen = append(chosen, v)
			}
		}
	}
	return chosen
}

// known rejects names that are no settings.
func (c config) known(names []string) error {
	for _, name := range names {
		if c.settings.Flag(name) == nil {
			hint := "tallow config show lists all settings."
			if near := c.settings.Nearest(name); near != "" {
				hint = "Did you mean " + near + "? " + hint
			}
			return usage(hint, "there is no setting %q", name)
		}
	}
	return nil
}

// path prints the name of the configuration file.
func (c config) path() error {
	name, err := c.file()
	if err != nil {
		return err
	}
	if c.json {
		e := newEncoder(c.events(), nil)
		e.configFile(name, isThere(name))
		return e.failure()
	}
	if _, err := fmt.Fprintln(c.stdout, name); err != nil {
		return brokenOutput(err)
	}
	return nil
}

// file returns the name of the configuration file.
func (c config) file() (string, error) {
	name, _ := c.configFile()
	if name == "" {
		return "", usage("Name one with --config or "+configVariable+".", "there is no folder for a configuration file")
	}
	return name, nil
}

func (c config) set(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usage("As in: tallow config set limit-rate 2M", "give the name of a setting and its value")
	}
	if err := c.known(args[:1]); err != nil {
		return err
	}
	name, value := args[0], args[1]
	if value == "-" {
		var err error
		if value, err = c.readValue(cmd, name); err != nil {
			return err
		}
	}
	file, err := c.file()
	if err != nil {
		return err
	}
	return c.changed(cmd, c.settings.Change(file, name, value, c.check))
}

func (c config) unset(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("As in: tallow config unset limit-rate", "give the name of a setting")
	}
	if err := c.known(args); err != nil {
		return err
	}
	file, err := c.file()
	if err != nil {
		return err
	}
	for _, name := range args {
		// What is taken out has its default again, so each time begins anew.
		c.preferences = preferences{}
		c.settings = newPreferences(c.program)
		was, err := c.settings.Remove(file, name, c.check)
		if err != nil {
			return c.changed(cmd, err)
		}
		if !was && !c.quiet {
			fmt.Fprintf(c.stderr, "%s is not in %s\n", name, printable(file))
		}
	}
	return nil
}

// check is what a changed file has to pass.
func (c config) check() error {
	if err := c.placeOutput(); err != nil {
		return err
	}
	return c.checkPreferences()
}

// changed puts an error of a change into words.
func (c config) changed(cmd *cobra.Command, err error) error {
	err = c.preferenceFailure(cmd, err)
	if err == nil {
		return nil
	}
	var told *failure
	var invalid *tallow.Error
	if errors.As(err, &told) || errors.As(err, &invalid) {
		return err
	}
	return &failure{kind: tallow.KindIO, message: "the configuration file could not be written: " + cause(err), hint: "It is as it was.", err: err}
}

// readValue reads a value from stdin, which a terminal does not show.
func (c config) readValue(cmd *cobra.Command, name string) (string, error) {
	if isTerminal(c.stdin) {
		console, err := c.openConsole(newScreen(c.program))
		if err != nil {
			return "", &failure{kind: tallow.KindIO, message: "the value could not be read from the terminal: " + cause(err), err: err}
		}
		defer console.close()
		return console.askSecret(cmd.Context(), name+": ")
	}
	value, err := readUntil(cmd.Context(), c.stdin, func() (string, error) {
		line, err := bufio.NewReader(io.LimitReader(c.stdin, maxText)).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
		return line, err
	})
	if cmd.Context().Err() != nil {
		return "", interrupted()
	}
	if err != nil {
		return "", &failure{kind: tallow.KindIO, message: "the value could not be read from stdin: " + cause(err), err: err}
	}
	return strings.TrimRight(value, "\r\n"), nil
}
