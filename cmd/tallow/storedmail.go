package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

func newStoredMail(p *program) *cobra.Command {
	m := &mailing{}
	cmd := &cobra.Command{
		Use:   "mail [flags] ID ADDRESS...",
		Short: "Send mails about what is stored",
		Long: `Send a mail about what is stored to each ADDRESS: from an account of yours, with
the whole link; or else from the relay, without the key, and you tell the words
that are printed in another way. A mail that cannot be sent yet is tried again
for up to --wait, and by the next tallow stored.`,
		Example: `  tallow stored mail 3 ana@example.org
  tallow stored mail --mail-by relay 3 ana@example.org bo@example.org`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("As in: tallow stored mail 3 ana@example.org", "name a transfer by its number, and an address")
			}
			return nil
		},
		ValidArgsFunction: noCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			m.to = args[1:]
			return p.mailStored(cmd, args[0], *m)
		},
	}
	m.registerNote(cmd)
	p.settings.Register(cmd.Flags(), "mail-by", "as", "wait")
	p.addStoredFlags(cmd)
	return cmd
}

// mailStored sends mails about something that is stored already.
func (p *program) mailStored(cmd *cobra.Command, id string, m mailing) error {
	if err := m.checkMails(); err != nil {
		return err
	}
	return p.changeStored(cmd, []string{id}, func(ctx context.Context, client *tallow.Client, s *storedlist.Store, it storedItem) error {
		relay, err := p.mailByRelay()
		if err != nil {
			return err
		}
		answer, err := client.StoredState(ctx, it.stored)
		switch {
		case err != nil:
			return failureOf(err)
		case !answer.Complete:
			return usage("Run the same tallow send again, which goes on with it.", "not all of %d is stored yet", it.entry.Number)
		case relay && !answer.Mail:
			return failureOf(&tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailOff, Relay: it.stored.Relay()})
		}
		if err := p.queueAgain(ctx, s, it, m, relay); err != nil {
			return err
		}
		q := p.newMailQueue(client, s, it.entry, it.stored)
		switch err := q.run(ctx, p.preferences.wait); {
		case ctx.Err() != nil:
			return failureOf(q.interrupted())
		case err != nil:
			return err
		}
		if err := q.verdict(); err != nil {
			return failureOf(err)
		}
		return nil
	})
}

// queueAgain queues mails. One that is queued already is due now.
func (p *program) queueAgain(ctx context.Context, s *storedlist.Store, it storedItem, m mailing, relay bool) error {
	var add []storedlist.Mail
	for _, mail := range p.newMails(m, relay) {
		queued := false
		for _, old := range it.mails {
			if old.To == mail.To && old.Relay == relay && due(old) {
				queued, old.Next = true, mail.Next
				if err := s.SaveMail(ctx, old); err != nil {
					return err
				}
			}
		}
		if !queued {
			add = append(add, mail)
		}
	}
	return s.AddMails(ctx, it.entry.Number, add)
}

// tendMails sends the mails of a list that are due, and asks relays what became of those
// that they have.
func (p *program) tendMails(ctx context.Context, client *tallow.Client, s *storedlist.Store, items []storedItem) error {
	for i := range items {
		it := &items[i]
		if len(it.mails) == 0 || it.entry.Running {
			continue
		}
		q := p.newMailQueue(client, s, it.entry, it.stored)
		q.mails, q.over = it.mails, it.over()
		if it.mailsDue() {
			if err := q.run(ctx, 0); err != nil {
				if errors.Is(err, storedlist.ErrNoEntry) {
					continue
				}
				return err
			}
		}
		if it.state != storedUnknown && it.state != storedGone {
			if err := q.refresh(ctx); err != nil {
				return err
			}
		}
		it.mails = q.mails
		it.stored.Words = q.stored.Words
	}
	return nil
}

// mailsDue reports whether there are mails of something that is all stored which are to
// be tried now.
func (it *storedItem) mailsDue() bool {
	return (it.stored.Complete || it.relay.Complete || it.over() != "") && slices.ContainsFunc(it.mails, func(m storedlist.Mail) bool {
		return due(m) && (!m.Next.After(time.Now()) || it.over() != "")
	})
}

// over says why mails about an item are good for nothing any more; empty: they are good.
func (it *storedItem) over() string {
	switch it.state {
	case storedExpired:
		return "what is stored has expired"
	case storedGone:
		return "the relay does not have it any more"
	case storedFetched:
		return "it was fetched as often as it may be"
	}
	return ""
}
