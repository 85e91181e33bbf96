package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newCompletion() *cobra.Command {
	shells := map[string]func(*cobra.Command, io.Writer) error{
		"bash":       genBashCompletion,
		"zsh":        (*cobra.Command).GenZshCompletion,
		"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
		"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
	}
	const names = "bash, zsh, fish or powershell"
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that completes commands in a shell",
		Long:  "The shell is one of " + names + ".",
		Example: `  source <(tallow completion bash)
  tallow completion zsh > "${fpath[1]}/_tallow"
  tallow completion fish > ~/.config/fish/completions/tallow.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || shells[args[0]] == nil {
				return usage("As in: tallow completion bash", "name one shell: %s", names)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := shells[args[0]](cmd.Root(), cmd.OutOrStdout()); err != nil {
				return brokenOutput(err)
			}
			return nil
		},
	}
}

// completeFlag has f complete the values of a flag of cmd.
func completeFlag(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // there is no such flag: a mistake in this package
	}
}

func noCompletion(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeCodeArgument completes the words of receive's code.
func completeCodeArgument(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return noCompletion(cmd, args, typed)
	}
	return completeCodeFlag(cmd, args, typed)
}

func completeCodeFlag(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return tallow.CompleteCode(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeLanes completes the last name of a list.
func completeLanes(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var lists []string
	for _, l := range tallow.AllLanes() {
		if !strings.Contains(before, string(l)+",") {
			lists = append(lists, before+string(l))
		}
	}
	return lists, cobra.ShellCompDirectiveNoFileComp
}

func completeConflicts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return conflictNames(), cobra.ShellCompDirectiveNoFileComp
}

func completeLinks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return linkNames(), cobra.ShellCompDirectiveNoFileComp
}

// linkNames returns the values of --links.
func linkNames() []string {
	return []string{string(tallow.LinksKeep), string(tallow.LinksSkip), string(tallow.LinksFollow)}
}

func completeCompress(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return compressNames(), cobra.ShellCompDirectiveNoFileComp
}

func compressNames() []string {
	return []string{string(tallow.CompressAuto), string(tallow.CompressOn), string(tallow.CompressOff)}
}

// laneList names all lanes as --lanes takes them.
func laneList() string {
	var names []string
	for _, l := range tallow.AllLanes() {
		names = append(names, string(l))
	}
	return strings.Join(names, ",")
}
