package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/history"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// historyPatience is how long a keyring may take, where a person may have to unlock
// it.
const historyPatience = time.Minute

// historyList are the flags of history, history list and history search.
type historyList struct {
	*program
	name, peer, state, direction string
	since, until                 moment
	limit                        int
}

func newHistory(p *program) *cobra.Command {
	l := &historyList{program: p}
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List what was sent and received on this machine",
		Long: `List what was sent and received on this machine, the newest first. It is kept
for 90 days, sealed with a key of this machine's. To keep nothing of a transfer,
give send or receive the flag --no-history.`,
		Example: `  tallow history
  tallow history --since 7d --state failed
  tallow history search report
  tallow history show 12
  tallow history clear --older-than 30d`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context(), "") },
	}
	l.register(cmd)
	cmd.AddCommand(newHistoryList(p), newHistorySearch(p), newHistoryShow(p), newHistoryAgain(p), newHistoryClear(p), newHistoryDestroy(p))
	return cmd
}

// newHistoryList is what history does by itself, for those who look for its name.
func newHistoryList(p *program) *cobra.Command {
	l := &historyList{program: p}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List transfers, as history does by itself",
		Example: `  tallow history list
  tallow history list --direction send --limit 10`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context(), "") },
	}
	l.register(cmd)
	return cmd
}

func newHistorySearch(p *program) *cobra.Command {
	l := &historyList{program: p}
	cmd := &cobra.Command{
		Use:   "search [flags] TEXT",
		Short: "List transfers with a text in a name, path, peer or relay",
		Example: `  tallow history search report
  tallow history search --since 2026-01-01 photos`,
		Args:              oneArgument("TEXT", "tallow history search report"),
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, args []string) error { return l.run(cmd.Context(), args[0]) },
	}
	l.register(cmd)
	return cmd
}

func (l *historyList) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&l.name, "name", "", "only transfers with this `TEXT` in the name of a file or folder")
	flags.StringVar(&l.peer, "peer", "", "only transfers with this `TEXT` in the peer's name or address, or in the relay")
	flags.StringVar(&l.state, "state", "", "only transfers in this `STATE`: "+strings.Join(stateNames(), ", "))
	flags.StringVar(&l.direction, "direction", "", "only what was sent or received: `send` or receive")
	flags.Var(&l.since, "since", "only transfers since this `TIME`: 7d, 12h, 2026-01-31, or with a time of day as in RFC 3339")
	l.until.end = true
	flags.Var(&l.until, "until", "only transfers until this `TIME`; a day counts as a whole")
	flags.IntVar(&l.limit, "limit", 50, "how many at most, a number `N`; 0 is all")
	for _, flag := range []string{"name", "peer", "since", "until", "limit"} {
		completeFlag(cmd, flag, noCompletion)
	}
	completeFlag(cmd, "state", completeFrom(stateNames()))
	completeFlag(cmd, "direction", completeFrom([]string{string(history.Sent), string(history.Received)}))
}

func stateNames() []string {
	var names []string
	for _, s := range history.States() {
		names = append(names, string(s))
	}
	return names
}

// completeFrom completes one of some words.
func completeFrom(words []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// oneArgument is the check of a verb that takes exactly one argument.
func oneArgument(name, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usage("As in: "+example, "name one %s", name)
		}
		return nil
	}
}

func (l *historyList) run(ctx context.Context, text string) error {
	f := history.Filter{
		Text: text, Name: l.name, Peer: l.peer, State: history.State(l.state), Direction: history.Direction(l.direction),
		Since: l.since.Time, Until: l.until.Time, Limit: l.limit,
	}
	switch {
	case l.state != "" && !slices.Contains(history.States(), f.State):
		return usage("It is one of "+strings.Join(stateNames(), ", ")+".", "--state cannot be %q", l.state)
	case l.direction != "" && !slices.Contains(history.Directions(), f.Direction):
		return usage("It is send or receive.", "--direction cannot be %q", l.direction)
	case l.limit < 0:
		return usage("0 is all.", "--limit cannot be negative")
	}
	var entries []history.Entry
	var more bool
	err := l.withHistory(ctx, func(ctx context.Context, s *history.Store) (err error) {
		entries, more, err = s.List(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	return l.show(entries, more)
}

// withHistory calls f with the history, if there is one.
func (p *program) withHistory(ctx context.Context, f func(context.Context, *history.Store) error) error {
	warn := newScreen(p).warn
	if p.json {
		warn = newEncoder(p.events(), nil).warn
	}
	patient, cancel := context.WithTimeout(ctx, historyPatience)
	defer cancel()
	s, err := p.openHistory(patient, false, warn)
	if errors.Is(err, devicekey.ErrNone) {
		return nil
	}
	if err == nil {
		err = firstOf(f(ctx, s), s.Close())
	}
	if err == nil || errors.As(err, new(*failure)) {
		return err
	}
	return p.historyFailure(ctx, err)
}

// entryNumber parses the argument of a verb about one entry.
func entryNumber(arg string) (int64, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || id < 1 {
		return 0, usage("tallow history lists them, each with its number.", "%q is not the number of a transfer", arg)
	}
	return id, nil
}

// entry returns one entry.
func (p *program) entry(ctx context.Context, arg string) (e history.Entry, err error) {
	id, err := entryNumber(arg)
	if err != nil {
		return e, err
	}
	none := usage("tallow history lists them, each with its number.", "there is no transfer %d in the history", id)
	found := false
	err = p.withHistory(ctx, func(ctx context.Context, s *history.Store) error {
		var err error
		e, err = s.Get(ctx, id)
		found = err == nil
		if errors.Is(err, history.ErrNoEntry) {
			return none
		}
		return err
	})
	if err == nil && !found {
		err = none
	}
	return e, err
}
