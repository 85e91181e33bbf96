package stored

import (
	"context"
	"errors"
	"time"
)

// Task is something that is to be done now: a mail that is to be sent, or an event that is
// to be told. One of them is not nil.
type Task struct {
	Record Record
	Mail   *Mail
	Event  *Event
}

// ErrNothing says that there is nothing to do.
var ErrNothing = errors.New("there is nothing to do")

// Due returns transfers of which something is to be done now, at most limit.
func (s *Service) Due(ctx context.Context, limit int) ([]ID, error) {
	return s.index.Due(ctx, time.Now(), limit)
}

// Take takes something that is to be done of a transfer: its next event, or one of its
// mails if mails are wanted. For as long as hold nobody else gets it. Errors: ErrNothing,
// and those of the index.
func (s *Service) Take(ctx context.Context, id ID, mails bool, hold time.Duration) (Task, error) {
	var task Task
	r, err := s.index.Update(ctx, id, func(r *Record) error {
		now := time.Now().UTC()
		task = Task{Event: r.takeEvent(now, hold)}
		changed := task.Event != nil
		for i := range r.Mails {
			m := &r.Mails[i]
			if !mails || task.Event != nil || task.Mail != nil || m.State != MailQueued || m.Next.After(now) {
				continue
			}
			changed = true
			switch {
			case r.spent():
				m.end(MailFailed, "it was fetched before the mail could be sent", now)
				r.add(EventMailFailed, now)
			case !now.Before(r.Expires):
				m.end(MailFailed, "it expired before the mail could be sent", now)
				r.add(EventMailFailed, now)
			default:
				m.take(now, hold)
				mail := *m
				task.Mail = &mail
			}
		}
		if !changed {
			return errUnchanged
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrUnknown), errors.Is(err, errUnchanged), err == nil && task.Mail == nil && task.Event == nil:
		return Task{}, ErrNothing
	case err != nil:
		return Task{}, err
	}
	task.Record = r
	return task, nil
}

// takeEvent takes the next event, if it is time to tell it.
func (r *Record) takeEvent(now time.Time, hold time.Duration) *Event {
	if len(r.Events) == 0 || r.Events[0].Next.After(now) {
		return nil
	}
	r.Events[0].take(now, hold)
	event := r.Events[0]
	return &event
}

// take notes that somebody has it for a while.
func (t *Retry) take(now time.Time, hold time.Duration) {
	t.Attempt, t.Next = t.Attempt+1, now.Add(hold)
}

// end ends a mail.
func (m *Mail) end(state MailState, reason string, now time.Time) {
	m.State, m.Reason, m.Changed = state, reason, now
	m.From, m.What, m.Note, m.Next = "", "", "", time.Time{}
}

// Outcome is what became of a task.
type Outcome struct {
	Done   bool
	Reason string    // why not, for people
	Again  time.Time // when it is tried again, unless Done; zero: not at all
	// Interrupted says that it was not tried to the end, and counts as no failure.
	Interrupted bool
}

// Settle keeps what became of a task. When somebody else has it by now, that is nothing.
func (s *Service) Settle(ctx context.Context, t Task, o Outcome) error {
	_, err := s.index.Update(ctx, t.Record.ID, func(r *Record) error {
		now := time.Now().UTC()
		if t.Event != nil {
			return r.settleEvent(*t.Event, o)
		}
		return r.settleMail(*t.Mail, o, now)
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

func (r *Record) settleMail(was Mail, o Outcome, now time.Time) error {
	m := r.mail(was.Name)
	switch {
	case m == nil || m.State != MailQueued || m.Attempt != was.Attempt:
		return errUnchanged
	case o.Done:
		m.end(MailSent, "", now)
		r.add(EventMailSent, now)
	case o.Again.IsZero():
		m.end(MailFailed, o.Reason, now)
		r.add(EventMailFailed, now)
	default:
		m.Reason = o.Reason
		m.later(o)
	}
	return nil
}

func (r *Record) settleEvent(was Event, o Outcome) error {
	if len(r.Events) == 0 {
		return errUnchanged
	}
	e := &r.Events[0]
	switch {
	case e.Kind != was.Kind || !e.Time.Equal(was.Time) || e.Attempt != was.Attempt:
		return errUnchanged
	case o.Done || o.Again.IsZero():
		r.Events = r.Events[1:]
	default:
		e.later(o)
	}
	return nil
}

// later notes that something is tried again.
func (t *Retry) later(o Outcome) {
	if !o.Interrupted {
		t.Failures++
	}
	t.Next = o.Again.UTC()
}
