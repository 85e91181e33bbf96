package stored

import (
	"time"
)

// Event is something that the sender of a transfer asked to be told of.
type Event struct {
	Kind EventKind `json:"kind"`
	Time time.Time `json:"time"`
	Done int       `json:"done"` // how many downloads there were by then
	Retry
}

// EventKind says what has happened.
type EventKind string

// The kinds.
const (
	EventOpened     EventKind = "opened"     // for the first time
	EventDownloaded EventKind = "downloaded" // once
	EventExpired    EventKind = "expired"    // before it was fetched as often as it may be
	EventMailSent   EventKind = "mail-sent"
	EventMailFailed EventKind = "mail-failed"
)

// add adds an event, if the sender wants to be told. When nobody takes them, the oldest
// are forgotten.
func (r *Record) add(kind EventKind, now time.Time) {
	if r.Notify == "" {
		return
	}
	if len(r.Events) >= maxEvents {
		r.Events = r.Events[1:]
	}
	r.Events = append(r.Events, Event{Kind: kind, Time: now, Done: r.Done, Retry: Retry{Next: now}})
}

// Due returns when something of a transfer has to be done next: a mail, or an event that
// is told. Events are told one after the other. It is zero if there is nothing.
func (r *Record) Due() (due time.Time) {
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	for _, m := range r.Mails {
		if m.State == MailQueued {
			sooner(m.Next)
		}
	}
	if len(r.Events) > 0 {
		sooner(r.Events[0].Next)
	}
	return due
}
