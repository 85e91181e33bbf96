package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// Mail is the account from which a relay sends mails.
type Mail struct {
	Sender mail.Sender
	From   mail.Mailbox
	// URL is where the relay is, such as https://relay.example. Links begin with it.
	URL string
	// Schedule says when a mail is sent again; mail.DefaultSchedule by default.
	Schedule mail.Schedule
}

// message returns a mail of a transfer. It is always the same, so that a repetition is
// known as one.
func (m *Mail) message(t stored.Task) (mail.Message, error) {
	q := t.Mail
	return mail.Compose(t.Record.ID.String()+" "+q.Name, m.From, q.To, q.Queued, mail.Description{
		Link: strings.TrimRight(m.URL, "/") + "/d/" + t.Record.ID.String(), Who: q.From, What: q.What, Note: q.Note,
		Expires: q.Expires, Downloads: t.Record.Downloads, Words: true,
	})
}

// mail sends a mail.
func (o *Outbox) mail(ctx context.Context, t stored.Task) {
	m := o.config.Mail
	if m == nil {
		o.settleMail(ctx, t, stored.Outcome{Reason: "this relay sends no mail any more"})
		return
	}
	message, err := m.message(t)
	if err == nil {
		late, cancel := o.graceful(ctx)
		err = m.Sender.Send(late, message)
		cancel()
	}
	o.logMail(err)
	o.settleMail(ctx, t, m.outcome(t, err, time.Now()))
}

// outcome says what becomes of a mail after an attempt.
func (m *Mail) outcome(t stored.Task, err error, now time.Time) stored.Outcome {
	if err == nil {
		return stored.Outcome{Done: true}
	}
	if errors.Is(err, context.Canceled) {
		return stored.Outcome{Again: now, Reason: t.Mail.Reason, Interrupted: true}
	}
	reason := senderReason(err)
	if !mail.Temporary(err) && !mail.Setup(err) {
		return stored.Outcome{Reason: reason}
	}
	schedule := m.Schedule
	if len(schedule.Waits) == 0 {
		schedule = mail.DefaultSchedule()
	}
	attempts := t.Mail.Failures + 1
	again, ok := schedule.Next(t.Mail.Queued, now, attempts)
	if !ok {
		return stored.Outcome{Reason: fmt.Sprintf("%s; given up after %d attempts", reason, attempts)}
	}
	return stored.Outcome{Again: again, Reason: reason}
}

// senderReason says to a sender why a mail was not sent. Of the relay's account and its
// server it says nothing that only the operator has to know.
func senderReason(err error) string {
	var e *mail.Error
	switch {
	case errors.As(err, &e) && e.Answered:
		return e.Text
	case mail.Setup(err):
		return "the relay's mail account does not work at present"
	}
	return "the relay's mail server cannot be reached at present"
}

func (o *Outbox) settleMail(ctx context.Context, t stored.Task, result stored.Outcome) {
	o.settle(ctx, t, result)
	o.told(MailOut, result)
}

func (o *Outbox) told(what What, result stored.Outcome) {
	switch {
	case result.Done:
		o.config.Told(what, Sent)
	case result.Again.IsZero():
		o.config.Told(what, Failed)
	case !result.Interrupted:
		o.config.Told(what, Again)
	}
}

// warnInterval is how often the log is told that mail does not work.
const warnInterval = time.Minute

// logMail tells the log of an attempt. What one mail or its address is to blame for, which
// clients cause at will, is only for debugging.
func (o *Outbox) logMail(err error) {
	var e *mail.Error
	switch {
	case err == nil:
		o.config.Logger.Debug("mail sent")
	case errors.Is(err, context.Canceled):
	case errors.As(err, &e) && e.Answered:
		o.config.Logger.Debug("a mail was not taken", "temporary", mail.Temporary(err))
	case o.mayWarn():
		o.config.Logger.Warn("mail cannot be sent", "reason", withoutAddresses(mail.Reason(err)))
	}
}

// mayWarn reports whether the log was not told for a while.
func (o *Outbox) mayWarn() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.warned) < warnInterval {
		return false
	}
	o.warned = time.Now()
	return true
}

// withoutAddresses takes the addresses of people out of what a server says.
func withoutAddresses(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = "…@…"
		}
	}
	return strings.Join(words, " ")
}
