package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newStored(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stored",
		Short: "List what is stored at relays, and look after it",
		Long: `List what this machine has stored at relays with tallow send --store: how often
it was fetched, when it expires, and what became of the mails about it. The
relays are asked for that, and mails that are due are tried again. What has
expired stays in the list for 7 days. The list is sealed with a key of this
machine's.`,
		Example: `  tallow stored
  tallow stored show 3
  tallow stored mail 3 ana@example.org
  tallow stored extend --expires 7d 3
  tallow stored delete 3`,
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listStored(cmd) },
	}
	p.addStoredFlags(cmd)
	list := &cobra.Command{
		Use:               "list",
		Short:             "List what is stored, as stored does by itself",
		Example:           "  tallow stored list\n  tallow stored list --json",
		Args:              noArguments,
		ValidArgsFunction: noCompletion,
		RunE:              func(cmd *cobra.Command, _ []string) error { return p.listStored(cmd) },
	}
	p.addStoredFlags(list)
	cmd.AddCommand(list, newStoredShow(p), newStoredMail(p), newStoredDelete(p), newStoredExtend(p))
	return cmd
}

// addStoredFlags adds the flags of all verbs that ask relays.
func (p *program) addStoredFlags(cmd *cobra.Command) {
	p.settings.Register(cmd.Flags(), "relay-pin", "log-file")
	p.addConfigFlag(cmd)
}

// storedState is what becomes of a stored transfer, for people and programs.
type storedState string

// The states.
const (
	storedUploading   storedState = "uploading"
	storedInterrupted storedState = "interrupted" // in the middle of its upload
	storedWaiting     storedState = "waiting"     // for its first receiver, or the next one
	storedFetching    storedState = "fetching"
	storedFetched     storedState = "fetched" // as often as it may be
	storedExpired     storedState = "expired"
	storedGone        storedState = "gone"    // its relay does not have it
	storedUnknown     storedState = "unknown" // its relay cannot be asked
)

// storedItem is an entry of the list with what its relay says.
type storedItem struct {
	entry  storedlist.Entry
	stored tallow.Stored
	mails  []storedlist.Mail
	relay  tallow.StoredState // zero if it was not asked, or does not answer
	state  storedState
	err    error // why the relay cannot be asked
}

// How relays are asked for the states of a list.
const (
	storedPatience = 15 * time.Second // for all answers
	storedAtOnce   = 8
)

// items returns the entries of the list, without asking anybody.
func storedItems(ctx context.Context, s *storedlist.Store) (items []storedItem, err error) {
	entries, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		stored, err := decodeStored(e)
		if err != nil {
			return nil, err
		}
		mails, err := s.Mails(ctx, e.Number)
		if err != nil {
			return nil, err
		}
		items = append(items, storedItem{entry: e, stored: stored, mails: mails})
	}
	return items, nil
}

// askRelays fills in the states.
func askRelays(ctx context.Context, client *tallow.Client, items []storedItem) {
	ctx, cancel := context.WithTimeout(ctx, storedPatience)
	defer cancel()
	slots := make(chan struct{}, storedAtOnce)
	var asking sync.WaitGroup
	for i := range items {
		asking.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			items[i].ask(ctx, client)
		})
	}
	asking.Wait()
}

// ask asks the relay of an item for its state.
func (it *storedItem) ask(ctx context.Context, client *tallow.Client) {
	over := !time.Now().Before(it.stored.Expires)
	answer, err := client.StoredState(ctx, it.stored)
	var refused *tallow.Error
	switch {
	case errors.As(err, &refused) && refused.Reason == tallow.ReasonStoredUnknown && over:
		it.state = storedExpired
	case errors.As(err, &refused) && refused.Reason == tallow.ReasonStoredUnknown:
		it.state = storedGone
	case err != nil && over:
		it.state = storedExpired
	case err != nil:
		it.state, it.err = storedUnknown, err
	default:
		it.relay = answer
		it.stored.Expires = answer.Expires
		it.state = stateOfStored(answer, it.entry.Running)
	}
}

// stateOfStored returns the state that a relay's answer means.
func stateOfStored(s tallow.StoredState, running bool) storedState {
	switch {
	case !s.Complete && running:
		return storedUploading
	case !s.Complete:
		return storedInterrupted
	case s.Downloads > 0 && s.Done >= s.Downloads:
		return storedFetched
	case s.Fetching > 0:
		return storedFetching
	}
	return storedWaiting
}

// listStored lists what is stored.
func (p *program) listStored(cmd *cobra.Command) error {
	items, err := p.storedItems(cmd, nil)
	if err != nil {
		return err
	}
	slices.Reverse(items)
	return p.showStored(items)
}

// storedItems returns the items of the list with their states: all, or those that
// pick names.
func (p *program) storedItems(cmd *cobra.Command, pick []string) (items []storedItem, err error) {
	ctx := cmd.Context()
	if err := p.loadPreferences(cmd, tallow.DefaultSendTimeout); err != nil {
		return nil, err
	}
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	found := false
	err = p.withStored(ctx, func(s *storedlist.Store) (err error) {
		found = true
		if items, err = storedItems(ctx, s); err != nil {
			return err
		}
		if pick != nil {
			if items, err = pickStored(items, pick); err != nil {
				return err
			}
		}
		askRelays(ctx, client, items)
		return p.tendMails(ctx, client, s, items)
	})
	if err == nil && !found && pick != nil {
		_, err = pickStored(nil, pick)
	}
	if ctx.Err() != nil {
		return nil, interrupted()
	}
	return items, err
}

// pickStored returns the items that arguments name: by their numbers in the list, or by
// the ids in their links.
func pickStored(items []storedItem, args []string) (picked []storedItem, err error) {
	for _, arg := range args {
		number, _ := strconv.ParseInt(arg, 10, 64)
		i := slices.IndexFunc(items, func(it storedItem) bool {
			return it.entry.Number == number || it.stored.ID == arg
		})
		if i < 0 {
			return nil, usage("tallow stored lists them, each with its number.", "nothing that is stored has the number %s", visible(arg))
		}
		picked = append(picked, items[i])
	}
	return picked, nil
}
