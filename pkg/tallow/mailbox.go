package tallow

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/boxclient"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// NoteSize is the size in bytes of every note in a mailbox.
const NoteSize = boxclient.MessageSize

// MaxSlots is how many slots may be looked at together.
const MaxSlots = boxclient.MaxSlots

// Slot is the place of one note in a mailbox, of random bytes that only two devices
// know. It is used once.
type Slot [32]byte

// BoxNote is a sealed note, and where it lay.
type BoxNote struct {
	Slot  Slot
	Bytes []byte // NoteSize of them
}

// Mailbox is where devices leave each other notes at a relay. The relay knows nothing but
// the slots. It may keep back a note, and give one twice. A Mailbox is safe for concurrent
// use. Errors are of type *Error, or the cause of the context.
type Mailbox struct {
	client *boxclient.Client
}

// Mailbox returns the mailbox of Config.Relay. Close it at the end. It asks nobody yet.
// An error is of KindUsage: no relay is named.
func (c *Client) Mailbox() (*Mailbox, error) {
	if c.link.Relay == "" {
		return nil, usage(ReasonBoxNoRelay)
	}
	endpoint, err := rendezvous.ParseRelay(c.link.Relay)
	if err != nil {
		return nil, &Error{Kind: KindUsage, Reason: ReasonRelayName, Relay: c.link.Relay, Detail: err.Error(), Err: err}
	}
	return &Mailbox{boxclient.New(rendezvous.New(endpoint, rendezvous.Options{
		Version: c.link.Version, Logger: c.link.Logger, Pins: c.link.RelayPins, Password: c.link.RelayPassword,
	}), boxclient.Options{})}, nil
}

// Close closes the connections that nothing uses.
func (m *Mailbox) Close() { m.client.Close() }

// putPatience is how long Put tries.
const putPatience = 30 * time.Second

// Put puts a note into a slot. While the relay cannot be reached it tries again, for half
// a minute.
func (m *Mailbox) Put(ctx context.Context, slot Slot, note []byte) error {
	over := time.Now().Add(putPatience)
	for wait := time.Second; ; wait *= 2 {
		err := m.client.Put(ctx, boxclient.Slot(slot), note)
		asks, passing := boxclient.Passing(err)
		wait = max(wait, asks)
		if err == nil || !passing || time.Now().Add(wait).After(over) {
			return boxError(ctx, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// Look returns the notes that are in slots now, at most 64 of them.
func (m *Mailbox) Look(ctx context.Context, slots []Slot) ([]BoxNote, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	messages, err := m.client.Look(ctx, clientSlots(slots))
	return boxNotes(messages), boxError(ctx, err)
}

// Wait returns the notes in slots, at most 64 of them, and waits until there is one. It
// goes on while the relay cannot be reached.
func (m *Mailbox) Wait(ctx context.Context, slots []Slot) ([]BoxNote, error) {
	messages, err := m.client.Watch(ctx, clientSlots(slots))
	return boxNotes(messages), boxError(ctx, err)
}

// Delete removes the notes in slots.
func (m *Mailbox) Delete(ctx context.Context, slots ...Slot) error {
	return boxError(ctx, m.client.Delete(ctx, clientSlots(slots)...))
}

func clientSlots(slots []Slot) []boxclient.Slot {
	all := make([]boxclient.Slot, len(slots))
	for i, s := range slots {
		all[i] = boxclient.Slot(s)
	}
	return all
}

func boxNotes(messages []boxclient.Message) []BoxNote {
	var notes []BoxNote
	for _, m := range messages {
		notes = append(notes, BoxNote{Slot(m.Slot), m.Body})
	}
	return notes
}

// boxError returns the *Error for an error of a mailbox.
func boxError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return explain(ctx, err)
}
