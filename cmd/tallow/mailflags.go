package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// mailing says who gets mails about what is stored.
type mailing struct {
	to   []string
	note string
}

// mailFlags are the flags that mean nothing without --mail.
func mailFlags() []string { return []string{"mail-by", "mail-note"} }

func (m *mailing) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&m.to, "mail", nil, "send a mail about it to this `ADDRESS`; may be given several times")
	m.registerNote(cmd)
	completeFlag(cmd, "mail", noCompletion)
}

func (m *mailing) registerNote(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.note, "mail-note", "", "what the mail says besides, a `STRING` without links")
	completeFlag(cmd, "mail-note", noCompletion)
}

// check rejects flags that cannot be.
func (m *mailing) check(cmd *cobra.Command) error {
	if len(m.to) == 0 {
		for _, name := range mailFlags() {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
				return usage("Add --mail ADDRESS, or leave it out.", "--%s is for mails", name)
			}
		}
	}
	return m.checkMails()
}

// maxMails is how many mails about a transfer are sent at once.
const maxMails = 100

func (m *mailing) checkMails() error {
	switch {
	case len(m.note) > mail.MaxNote:
		return usage("Make it shorter.", "--mail-note has more than %d bytes", mail.MaxNote)
	case len(m.to) > maxMails:
		return usage("", "there are more than %d addresses", maxMails)
	}
	for i, text := range m.to {
		address, err := mail.ParseAddress(text)
		if err != nil {
			return usage("", "%s is not the address of one mailbox, such as name@example.org", visible(text))
		}
		m.to[i] = address
	}
	slices.Sort(m.to)
	m.to = slices.Compact(m.to)
	return nil
}

// mailByRelay decides whether the relay sends mails, and not an account of this user's.
// The error says what is missing of the account.
func (p *program) mailByRelay() (relay bool, err error) {
	switch by := p.preferences.mailing.by; {
	case by == mailByRelay, by == "" && !p.hasMailAccount():
		return true, nil
	}
	_, err = p.mailAccount()
	return false, err
}

// newMails returns the mails for a queue.
func (p *program) newMails(m mailing, relay bool) (mails []storedlist.Mail) {
	now := time.Now()
	for _, to := range m.to {
		mails = append(mails, storedlist.Mail{
			Name: tallow.NewMailName(), To: to, Relay: relay, From: p.preferences.as, Note: m.note,
			Queued: now, State: storedlist.MailQueued, Next: now, Changed: now,
		})
	}
	return mails
}

// newMailQueue returns a queue of the mails about something stored.
func (p *program) newMailQueue(client *tallow.Client, list *storedlist.Store, e storedlist.Entry, s tallow.Stored) *mailQueue {
	return &mailQueue{
		relay: client, account: p.mailAccount, schedule: mail.DefaultSchedule(), teller: p.newMailTeller(),
		list: list, entry: e, stored: s,
	}
}

// sendMails sends the mails about what this process has stored.
func (p *program) sendMails(ctx context.Context, client *tallow.Client, k *storedKeeper) error {
	if k == nil || !k.stored.Complete || len(k.mails) == 0 && k.number == 0 {
		return nil
	}
	q := p.newMailQueue(client, k.list, storedlist.Entry{Number: k.number}, k.stored)
	if k.number == 0 {
		q.list, q.mails = nil, k.mails
	}
	err := q.run(ctx, p.preferences.wait)
	switch {
	case ctx.Err() != nil:
		return q.interrupted()
	case errors.Is(err, storedlist.ErrNoEntry):
		return nil // it was deleted meanwhile
	case err != nil:
		return p.storedFailure(ctx, err)
	}
	return q.verdict()
}
