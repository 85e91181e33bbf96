package stored

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Mail is one that the relay sends for a sender, and what became of it. It is kept with
// the transfer, and goes with it.
type Mail struct {
	Name string `json:"name"` // chosen by the sender: the same name is the same mail
	To   string `json:"to"`
	// From, What and Note are what the sender has to say; they are forgotten once the mail
	// is at its end. Expires is when the transfer did as the mail was queued, so that a mail
	// that is sent again has the same text.
	From    string    `json:"from,omitempty"`
	What    string    `json:"what,omitempty"`
	Note    string    `json:"note,omitempty"`
	Expires time.Time `json:"expires,omitzero"`

	State   MailState `json:"state"`
	Reason  string    `json:"reason,omitempty"` // why it was not sent yet, or is not
	Queued  time.Time `json:"queued"`
	Changed time.Time `json:"changed"` // the state
	Retry
}

// MailState is how far a mail is.
type MailState string

// The states.
const (
	MailQueued MailState = "queued"
	MailSent   MailState = "sent"
	MailFailed MailState = "failed"
)

// Retry says when something is done that may fail. Who takes it moves Next behind the
// time that it may take, so that nobody else does it meanwhile, and somebody does
// later if that one is killed.
type Retry struct {
	Attempt  int       `json:"attempt,omitempty"` // how often it was taken
	Failures int       `json:"failures,omitempty"`
	Next     time.Time `json:"next,omitzero"`
}

// MailLimits bound the mails of a relay. The numbers are those of a day, of UTC.
type MailLimits struct {
	On           bool // it sends mails at all
	PerClient    int  // of one client; 0: any number
	PerRecipient int  // to one address
	PerDay       int  // in all
}

// What may be told of one transfer.
const (
	maxMails  = 20
	maxEvents = 50
)

// Why a mail is not taken.
var (
	ErrMailOff   = errors.New("this relay sends no mail")
	ErrMailQuota = errors.New("as many mails were sent today as may be")
)

// MailRequest is a mail that a sender asks for. Its fields were checked.
type MailRequest struct {
	Name, To, From, What, Note string
	Client                     string // whose limit it counts against
}

// QueueMail queues a mail with the link of a transfer, and returns it. One of the same
// name that is there is returned as it is. Errors: ErrUnknown, ErrIncomplete, ErrSpent,
// ErrMailOff, ErrMailQuota.
func (s *Service) QueueMail(ctx context.Context, id ID, token Secret, q MailRequest) (Mail, error) {
	limits := s.config.Mails
	if !limits.On {
		return Mail{}, ErrMailOff
	}
	r, err := s.owned(ctx, id, token)
	if err != nil {
		return Mail{}, err
	}
	if m := r.mail(q.Name); m != nil {
		return *m, nil
	}
	if err := r.canMail(); err != nil {
		return Mail{}, err
	}
	now := time.Now().UTC()
	err = s.index.Count(ctx, now, []Counter{
		{Name: "all", Limit: limits.PerDay},
		{Name: "client " + q.Client, Limit: limits.PerClient},
		{Name: "to " + recipientName(now, q.To), Limit: limits.PerRecipient},
	})
	if err != nil {
		return Mail{}, err
	}
	r, err = s.index.Update(ctx, id, func(r *Record) error {
		if r.mail(q.Name) != nil {
			return errUnchanged
		}
		if err := r.canMail(); err != nil {
			return err
		}
		r.Mails = append(r.Mails, Mail{
			Name: q.Name, To: q.To, From: q.From, What: q.What, Note: q.Note, Expires: r.Expires,
			State: MailQueued, Queued: now, Changed: now, Retry: Retry{Next: now},
		})
		return nil
	})
	if errors.Is(err, errUnchanged) {
		r, err = s.find(ctx, id)
	}
	if err != nil {
		return Mail{}, err
	}
	if m := r.mail(q.Name); m != nil {
		return *m, nil
	}
	return Mail{}, ErrUnknown
}

// canMail returns why a transfer gets no more mails.
func (r *Record) canMail() error {
	switch {
	case r.Ended:
		return ErrUnknown
	case !r.Complete():
		return ErrIncomplete
	case r.spent():
		return ErrSpent
	case len(r.Mails) >= maxMails:
		return ErrMailQuota
	}
	return nil
}

// mail returns the mail of a name, or nil.
func (r *Record) mail(name string) *Mail {
	if i := slices.IndexFunc(r.Mails, func(m Mail) bool { return m.Name == name }); i >= 0 {
		return &r.Mails[i]
	}
	return nil
}

// spent reports whether a transfer was fetched as often as it may be.
func (r *Record) spent() bool { return r.Downloads > 0 && r.Done >= r.Downloads }

// MailsOf returns the mails of a transfer to its sender. The error may be ErrUnknown.
func (s *Service) MailsOf(ctx context.Context, id ID, token Secret) ([]Mail, error) {
	r, err := s.owned(ctx, id, token)
	return r.Mails, err
}

// SendsMail reports whether mails are taken.
func (s *Service) SendsMail() bool { return s.config.Mails.On }
