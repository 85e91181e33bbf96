package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxHelpWidth is how wide help gets in a wide terminal, in columns: longer lines
// are hard to read.
const maxHelpWidth = 110

// wrapSlack is how many columns pflag may go over the width that it is given.
const wrapSlack = 5

// help prints the help of a command, fitted into the terminal if it goes to one.
func (p *program) help(cmd *cobra.Command, _ []string) {
	columns := 0 // lines are not broken where a program reads them
	if p.stdout != nil && isTerminal(p.stdout) {
		columns = min(terminalSize(p.stdout).columns, maxHelpWidth)
	}
	var b strings.Builder
	writeHelp(&b, cmd, columns)
	_, _ = io.WriteString(cmd.OutOrStdout(), b.String()) // there is nobody to tell
}

// writeHelp writes the help of a command: what it does, examples, and only then how
// it is called, what else there is to know, and the flags.
func writeHelp(w io.Writer, cmd *cobra.Command, columns int) {
	fmt.Fprintf(w, "%s.\n", cmd.Short)
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	fmt.Fprintf(w, "\nUsage:\n  %s\n", useLine(cmd))
	if cmd.Long != "" {
		fmt.Fprintf(w, "\n%s\n", cmd.Long)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprint(w, "\nCommands:\n")
		for _, verb := range cmd.Commands() {
			if verb.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-*s  %s\n", verb.NamePadding(), verb.Name(), verb.Short)
			}
		}
	}
	writeFlags(w, "Flags", cmd.LocalFlags(), columns)
	writeFlags(w, "Flags of every command", cmd.InheritedFlags(), columns)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n%s COMMAND --help has more on each.\n", cmd.CommandPath())
	}
}

// useLine is how a command is called.
func useLine(cmd *cobra.Command) string {
	commands := cmd.CommandPath() + " COMMAND"
	switch {
	case !cmd.HasAvailableSubCommands():
		return cmd.UseLine()
	case strings.Contains(cmd.Use, "[flags]"): // it does something by itself
		return cmd.UseLine() + "\n  " + commands
	}
	return commands
}

func writeFlags(w io.Writer, title string, flags *pflag.FlagSet, columns int) {
	if flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\n%s:\n%s", title, flags.FlagUsagesWrapped(max(columns-wrapSlack, 0)))
	}
}
