package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newStoredDelete(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete what is stored, at its relay and in the list",
		Long: `Delete what is stored, at its relay and in the list. Nobody can fetch it any
more; who is fetching it now does not get the rest.`,
		Example:           "  tallow stored delete 3\n  tallow stored delete 3 4",
		Args:              someArguments("transfer by its number", "tallow stored delete 3"),
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.deleteStored(cmd, args) },
	}
	p.addStoredFlags(cmd)
	return cmd
}

func newStoredExtend(p *program) *cobra.Command {
	life := lifetime(tallow.DefaultExpires)
	cmd := &cobra.Command{
		Use:   "extend [flags] ID",
		Short: "Let what is stored expire later",
		Long: `Let what is stored expire that long from now. It may also be sooner than before.
The relay may allow less.`,
		Example:           "  tallow stored extend 3\n  tallow stored extend --expires 7d 3",
		Args:              oneArgument("transfer by its number", "tallow stored extend 3"),
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.extendStored(cmd, args, time.Duration(life)) },
	}
	cmd.Flags().Var(&life, "expires", "how long it lives from now on, a `TIME`: 12h, 7d")
	completeFlag(cmd, "expires", noCompletion)
	p.addStoredFlags(cmd)
	return cmd
}

// someArguments is the check of a verb that takes one argument or more.
func someArguments(name, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("As in: "+example, "name a %s", name)
		}
		return nil
	}
}

// changeStored calls f with each item that args name.
func (p *program) changeStored(cmd *cobra.Command, args []string, f func(context.Context, *tallow.Client, *storedlist.Store, storedItem) error) error {
	ctx := cmd.Context()
	if err := p.loadPreferences(cmd, tallow.DefaultSendTimeout); err != nil {
		return err
	}
	client, err := p.client()
	if err != nil {
		return err
	}
	found := false
	err = p.withStored(ctx, func(s *storedlist.Store) error {
		found = true
		items, err := storedItems(ctx, s)
		if err != nil {
			return err
		}
		if items, err = pickStored(items, args); err != nil {
			return err
		}
		for _, it := range items {
			if it.entry.Running {
				return usage("End that first.", "%d is being uploaded by another tallow", it.entry.Number)
			}
		}
		for _, it := range items {
			if err := f(ctx, client, s, it); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !found {
		_, err = pickStored(nil, args)
	}
	return err
}

func (p *program) deleteStored(cmd *cobra.Command, args []string) error {
	return p.changeStored(cmd, args, func(ctx context.Context, client *tallow.Client, s *storedlist.Store, it storedItem) error {
		var refused *tallow.Error
		err := client.DeleteStored(ctx, it.stored)
		gone := errors.As(err, &refused) && refused.Reason == tallow.ReasonStoredUnknown
		if err != nil && !gone {
			return failureOf(err)
		}
		if err := s.Remove(ctx, it.entry.Number); err != nil {
			return err
		}
		switch {
		case p.json:
			return p.writeEvent(struct {
				Event  string `json:"event"`
				Number int64  `json:"number"`
				ID     string `json:"id"`
			}{"deleted", it.entry.Number, it.stored.ID})
		case gone:
			newScreen(p).say("Deleted %d, %s, from the list. The relay did not have it any more.", it.entry.Number, it.what())
		default:
			newScreen(p).say("Deleted %d, %s.", it.entry.Number, it.what())
		}
		return nil
	})
}

func (p *program) extendStored(cmd *cobra.Command, args []string, life time.Duration) error {
	if life < time.Second {
		return usage("Give it like 30m, 12h or 7d.", "--expires has to be a second at least")
	}
	return p.changeStored(cmd, args, func(ctx context.Context, client *tallow.Client, s *storedlist.Store, it storedItem) error {
		answer, err := client.ExtendStored(ctx, it.stored, life)
		if err != nil {
			return failureOf(err)
		}
		it.relay, it.state = answer, stateOfStored(answer, false)
		it.stored.Expires = answer.Expires
		e, err := encodeStored(it.entry, it.stored)
		if err != nil {
			return err
		}
		if err := s.Save(ctx, e); err != nil {
			return err
		}
		if p.json {
			return p.writeEvent(storedEvent(it))
		}
		newScreen(p).say("%d, %s, expires on %s.", it.entry.Number, it.what(), momentText(answer.Expires))
		return nil
	})
}
