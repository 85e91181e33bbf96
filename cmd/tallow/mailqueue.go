package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/storedlist"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// mailAttempt is how long one attempt to send a mail may take.
const mailAttempt = time.Minute

// mailQueue sends the mails about one stored transfer. It is in the list of what is
// stored, so that another process goes on with it after this one.
type mailQueue struct {
	relay    mailRelay
	account  func() (mailAccount, error)
	schedule mail.Schedule
	teller   mailTeller

	list   *storedlist.Store // nil: nothing is kept
	entry  storedlist.Entry
	stored tallow.Stored
	mails  []storedlist.Mail
	over   string       // why no mail is good for anything any more; empty: they are
	keyed  bool         // the relay has the key under the words
	tried  map[int]bool // indexes of mails that this process has tried to send
}

// mailRelay is what a tallow.Client does about the mails of relays.
type mailRelay interface {
	PutStoredWords(ctx context.Context, s tallow.Stored) error
	SendStoredMail(ctx context.Context, s tallow.Stored, m tallow.StoredMail) (tallow.StoredMailState, error)
	StoredMails(ctx context.Context, s tallow.Stored) ([]tallow.StoredMailState, error)
}

// mailTeller tells what becomes of mails. again is how long it is until the next attempt
// of this process; 0: there is none.
type mailTeller interface {
	mail(item storedlist.Entry, s tallow.Stored, m storedlist.Mail, again time.Duration)
	words(s tallow.Stored)
}

// due reports whether a mail is still to be sent, or handed to the relay.
func due(m storedlist.Mail) bool { return m.State == storedlist.MailQueued && !m.Handed }

// run sends what is due, and tries again for that long what cannot be sent yet. Errors
// are those of the list, and that of ctx; what becomes of each mail is in mails.
func (q *mailQueue) run(ctx context.Context, patience time.Duration) error {
	began := time.Now()
	unlock, err := q.lock(ctx, began.Add(patience))
	if err != nil {
		return err
	}
	if q.list != nil {
		if err := q.read(ctx); err != nil || unlock == nil {
			return err
		}
		defer unlock()
	}
	q.tried = make(map[int]bool)
	given := make(map[int]bool) // up, until somebody has changed the settings
	for {
		var next time.Time
		for i := range q.mails {
			m := &q.mails[i]
			if !due(*m) || given[i] {
				continue
			}
			if (q.over != "" || !m.Next.After(time.Now())) && (patience > 0 || time.Since(began) < mailAttempt) {
				q.tried[i] = true
				if given[i], err = q.attempt(ctx, m, began.Add(patience)); err != nil {
					return err
				}
			}
			if due(*m) && !given[i] && (next.IsZero() || m.Next.Before(next)) {
				next = m.Next
			}
		}
		if next.IsZero() || next.After(began.Add(patience)) {
			return nil
		}
		if err := sleep(ctx, time.Until(next)); err != nil {
			return err
		}
	}
}

// mailLockPoll is how often it is tried to take over from another process.
const mailLockPoll = 100 * time.Millisecond

// lock makes this process the one that sends the mails. It waits until then for another
// one to end; nil: it has not.
func (q *mailQueue) lock(ctx context.Context, end time.Time) (unlock func(), err error) {
	if q.list == nil {
		return nil, nil
	}
	for {
		unlock, ok, err := q.list.LockMails(q.entry.Number)
		if ok || err != nil || !time.Now().Before(end) {
			return unlock, err
		}
		if err := sleep(ctx, mailLockPoll); err != nil {
			return nil, err
		}
	}
}

// sleep waits. The error is the cause of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// read reads the queue, and the entry to which it belongs.
func (q *mailQueue) read(ctx context.Context) (err error) {
	if q.entry, err = q.list.Get(ctx, q.entry.Number); err != nil {
		return err
	}
	if q.stored, err = decodeStored(q.entry); err != nil {
		return err
	}
	q.mails, err = q.list.Mails(ctx, q.entry.Number)
	return err
}

// attempt tries to send a mail once, and notes what came of it. It is given up in this
// process if somebody has to change the settings first.
func (q *mailQueue) attempt(ctx context.Context, m *storedlist.Mail, end time.Time) (giveUp bool, err error) {
	why := q.send(ctx, m)
	if ctx.Err() != nil && why != nil {
		return false, context.Cause(ctx) // nothing is noted: the next process tries again
	}
	now := time.Now()
	m.Changed, m.Reason = now, ""
	var again time.Duration
	if why != nil {
		m.Reason = why.text
		switch why.kind {
		case mail.KindRefused:
			m.State = storedlist.MailFailed
		case mail.KindSetup:
			m.Next, giveUp = now, true
		case mail.KindTemporary:
			again = q.postpone(m, why, now, end)
		}
	}
	if err := q.save(ctx, *m); err != nil {
		return giveUp, err
	}
	q.teller.mail(q.entry, q.stored, *m, again)
	return giveUp, nil
}

// postpone says when a mail is tried again, or gives it up. It returns how long that is
// away, if it is before the end of this process.
func (q *mailQueue) postpone(m *storedlist.Mail, why *mailFailure, now, end time.Time) time.Duration {
	ok := true
	if why.after > 0 {
		m.Next = now.Add(why.after)
		ok = !m.Next.After(m.Queued.Add(q.schedule.GiveUp))
	} else {
		m.Failures++
		m.Next, ok = q.schedule.Next(m.Queued, now, m.Failures)
	}
	switch {
	case !ok:
		m.State = storedlist.MailFailed
	case !m.Next.After(end):
		return m.Next.Sub(now)
	}
	return 0
}

func (q *mailQueue) save(ctx context.Context, m storedlist.Mail) error {
	if q.list == nil {
		return nil
	}
	// What became of it counts, whoever wants to end this process now.
	return q.list.SaveMail(context.WithoutCancel(ctx), m)
}

// mailFailure is why a mail was not sent.
type mailFailure struct {
	kind  mail.Kind
	text  string
	after time.Duration // when to try again; 0: as the schedule says
}

// send sends a mail, or hands it to the relay.
func (q *mailQueue) send(ctx context.Context, m *storedlist.Mail) *mailFailure {
	ctx, cancel := context.WithTimeout(ctx, mailAttempt)
	defer cancel()
	switch {
	case q.over != "":
		return &mailFailure{kind: mail.KindRefused, text: q.over}
	case !time.Now().Before(q.stored.Expires):
		return &mailFailure{kind: mail.KindRefused, text: "what is stored has expired"}
	}
	if m.Relay {
		return q.sendByRelay(ctx, m)
	}
	return q.sendByAccount(ctx, m)
}

// sendByAccount sends a mail with the whole link from an account of this user's.
func (q *mailQueue) sendByAccount(ctx context.Context, m *storedlist.Mail) *mailFailure {
	account, err := q.account()
	if err != nil {
		return &mailFailure{kind: mail.KindSetup, text: failureOf(err).message}
	}
	if m.Expires.IsZero() { // each attempt says the same
		m.Expires = q.stored.Expires
		if err := q.save(ctx, *m); err != nil {
			return &mailFailure{kind: mail.KindTemporary, text: cause(err)}
		}
	}
	who := m.From
	if who == "" {
		who = account.from.Name
	}
	message, err := mail.Compose(m.Name, account.from, m.To, m.Queued, mail.Description{
		Link: q.stored.Link, Who: who, What: storedItem{stored: q.stored}.what(), Note: m.Note, Size: q.stored.Bytes,
		Expires: m.Expires, Downloads: q.stored.Downloads, Password: q.stored.Password,
	})
	if err != nil {
		return &mailFailure{kind: mail.KindRefused, text: err.Error()}
	}
	switch err := account.sender.Send(ctx, message); {
	case err == nil:
		m.State = storedlist.MailSent
		return nil
	case ctx.Err() != nil:
		return &mailFailure{kind: mail.KindTemporary, text: "the mail server takes too long"}
	case mail.Setup(err):
		return &mailFailure{kind: mail.KindSetup, text: mail.Reason(err)}
	case mail.Temporary(err):
		return &mailFailure{kind: mail.KindTemporary, text: mail.Reason(err)}
	default:
		return &mailFailure{kind: mail.KindRefused, text: mail.Reason(err)}
	}
}

// sendByRelay hands a mail to the relay, which has to have the key under words first.
func (q *mailQueue) sendByRelay(ctx context.Context, m *storedlist.Mail) *mailFailure {
	if err := q.putWords(ctx); err != nil {
		return relayMailFailure(err)
	}
	state, err := q.relay.SendStoredMail(ctx, q.stored, tallow.StoredMail{Name: m.Name, To: m.To, From: m.From, Note: m.Note})
	if err != nil {
		return relayMailFailure(err)
	}
	m.Handed, m.State = true, storedlist.MailState(state.State)
	if m.State == storedlist.MailFailed {
		return &mailFailure{kind: mail.KindRefused, text: state.Reason}
	}
	return nil
}

// putWords leaves the key with the relay, under words that are kept before it has them.
func (q *mailQueue) putWords(ctx context.Context) error {
	if q.keyed {
		return nil
	}
	if err := q.makeWords(ctx); err != nil {
		return err
	}
	if err := q.relay.PutStoredWords(ctx, q.stored); err != nil {
		return err
	}
	q.keyed = true
	q.teller.words(q.stored)
	return nil
}

// makeWords draws words if there are none, and keeps them.
func (q *mailQueue) makeWords(ctx context.Context) (err error) {
	if len(q.stored.Words) > 0 {
		return nil
	}
	if q.stored.Words, err = tallow.NewStoredWords(); err != nil || q.list == nil {
		return err
	}
	if q.entry, err = encodeStored(q.entry, q.stored); err != nil {
		return err
	}
	return q.list.Save(ctx, q.entry)
}

// relayMailFailure says what an error of a relay means for a mail.
func relayMailFailure(err error) *mailFailure {
	f := failureOf(err)
	why := &mailFailure{kind: mail.KindTemporary, text: f.message}
	var e *tallow.Error
	if !errors.As(err, &e) {
		return why
	}
	switch e.Reason {
	case tallow.ReasonMailOff, tallow.ReasonMailAddress, tallow.ReasonStoredUnknown, tallow.ReasonStoredSpent, tallow.ReasonStoreNone, tallow.ReasonRelayRefused:
		why.kind = mail.KindRefused
	case tallow.ReasonMailQuota: // of a day
		why.after = max(e.RetryAfter, time.Hour)
	case tallow.ReasonRelayRate:
		why.after = e.RetryAfter
	}
	return why
}

// refresh asks the relay what became of the mails that it has.
func (q *mailQueue) refresh(ctx context.Context) error {
	open := false
	for _, m := range q.mails {
		open = open || m.Handed && m.State == storedlist.MailQueued
	}
	if !open {
		return nil
	}
	states, err := q.relay.StoredMails(ctx, q.stored)
	if err != nil {
		return nil // what was known last still is
	}
	for i := range q.mails {
		m := &q.mails[i]
		for _, s := range states {
			if !m.Handed || m.Name != s.Name || m.State == storedlist.MailState(s.State) && m.Reason == s.Reason {
				continue
			}
			m.State, m.Reason, m.Changed = storedlist.MailState(s.State), s.Reason, s.Changed
			if err := q.save(ctx, *m); err != nil {
				return err
			}
		}
	}
	return nil
}

// interrupted is the error of a command that a person ended while it waited to send
// mails.
func (q *mailQueue) interrupted() error {
	var waiting []string
	for _, m := range q.mails {
		if due(m) {
			waiting = append(waiting, m.To)
		}
	}
	if q.list == nil || len(waiting) == 0 {
		return interrupted()
	}
	return &tallow.Error{Kind: tallow.KindInterrupted, Reason: tallow.ReasonMailQueued, Detail: "to " + strings.Join(waiting, ", ")}
}

// verdict is the error of a command whose mails are not all sent.
func (q *mailQueue) verdict() error {
	var failed, queued []string
	for i, m := range q.mails {
		switch {
		case !q.tried[i]:
		case m.State == storedlist.MailFailed:
			failed = append(failed, fmt.Sprintf("to %s: %s", m.To, m.Reason))
		case due(m):
			queued = append(queued, fmt.Sprintf("to %s: %s", m.To, m.Reason))
		}
	}
	switch {
	case len(failed) > 0:
		return &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailFailed, Detail: strings.Join(failed, "; "), Count: q.entry.Number}
	case len(queued) > 0 && q.list == nil:
		return &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailFailed, Detail: strings.Join(queued, "; ")}
	case len(queued) > 0:
		return &tallow.Error{Kind: tallow.KindNetwork, Reason: tallow.ReasonMailQueued, Detail: strings.Join(queued, "; ")}
	}
	return nil
}
