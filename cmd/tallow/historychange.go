package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/history"
)

func newHistoryClear(p *program) *cobra.Command {
	var older age
	cmd := &cobra.Command{
		Use:   "clear [flags]",
		Short: "Delete the history, or the old part of it",
		Example: `  tallow history clear
  tallow history clear --older-than 30d`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// What was recorded before the clock was set back is from a time to come.
			before := time.Now().AddDate(1000, 0, 0)
			if cmd.Flags().Changed("older-than") {
				before = time.Now().Add(-time.Duration(older))
			}
			var deleted int64
			err := p.withHistory(cmd.Context(), func(ctx context.Context, s *history.Store) (err error) {
				deleted, err = s.Clear(ctx, before)
				return err
			})
			if err != nil {
				return err
			}
			if p.json {
				return p.writeEvent(struct {
					Event   string `json:"event"`
					Entries int64  `json:"entries"`
				}{"cleared", deleted})
			}
			newScreen(p).say("Deleted %s.", countText(deleted, "transfer"))
			return nil
		},
	}
	cmd.Flags().Var(&older, "older-than", "only transfers of at least this `AGE`: 30d, 2w, 12h")
	completeFlag(cmd, "older-than", noCompletion)
	return cmd
}

// newHistoryDestroy is what vault destroy does without a question. It was there first.
func newHistoryDestroy(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "destroy",
		Short: "Destroy the vault, as tallow vault destroy --yes does",
		Long: `Delete the history and the key that it is sealed with, and all else that is
sealed with that key, as tallow vault destroy --yes does.`,
		Example:           `  tallow history destroy`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.destroyVault(cmd.Context()) },
	}
}

// newHistoryAgain makes the verb that repeats a send.
func newHistoryAgain(p *program) *cobra.Command {
	s := &send{program: p, preferences: &p.preferences}
	cmd := &cobra.Command{
		Use:   "again [flags] ID",
		Short: "Send the same files and folders once more",
		Long: `Send the files and folders of an earlier send once more, as they are now, by the
same relay unless another one is given. It takes the flags of send.`,
		Example: `  tallow history again 12
  tallow history again --relay relay.example 12`,
		Args:              oneArgument("transfer by its number", "tallow history again 12"),
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := p.entry(cmd.Context(), args[0])
			switch {
			case err != nil:
				return err
			case e.Direction != history.Sent:
				return usage("", "%d was received, not sent", e.ID)
			case len(e.Paths) == 0:
				return usage("Send it with tallow send.", "%d had no files and folders, or too many to keep their paths", e.ID)
			}
			if e.Relay != "" && !cmd.Flags().Changed("relay") {
				if err := cmd.Flags().Set("relay", e.Relay); err != nil {
					return fmt.Errorf("the relay: %w", err)
				}
			}
			return s.run(cmd, e.Paths)
		},
	}
	s.registerSend(cmd)
	return cmd
}

// writeEvent writes one event.
func (p *program) writeEvent(event any) error {
	e := newEncoder(p.events(), nil)
	e.write(event)
	return e.failure()
}
