package main

import (
	"context"
	"errors"
	"slices"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// mailboxAt returns the mailbox of a relay, which has to be closed.
func (p *program) mailboxAt(relay string) (*tallow.Mailbox, error) {
	client, err := p.clientAt(relay)
	if err != nil {
		return nil, err
	}
	return client.Mailbox()
}

// leave puts a note into a slot at a relay.
func (p *program) leave(ctx context.Context, relay string, slot devices.Slot, note []byte) error {
	box, err := p.mailboxAt(relay)
	if err != nil {
		return err
	}
	defer box.Close()
	return box.Put(ctx, tallow.Slot(slot), note)
}

// openNotes opens notes in the order of their slots, and removes them from the relay.
// It returns the names of the devices that have said something which has to be
// answered. What does not open is of nobody, and is removed too.
func openNotes(ctx context.Context, s *devices.Store, box *tallow.Mailbox, slots []devices.Slot, notes []tallow.BoxNote, warn func(reason, format string, args ...any)) (heard map[string]bool, err error) {
	slices.SortFunc(notes, func(a, b tallow.BoxNote) int {
		return slices.Index(slots, devices.Slot(a.Slot)) - slices.Index(slots, devices.Slot(b.Slot))
	})
	heard = make(map[string]bool)
	for _, note := range notes {
		from, n, err := s.Open(ctx, devices.Slot(note.Slot), note.Bytes)
		switch {
		case err == nil && n.Kind != devices.KindHeard:
			heard[from.Name] = true
		case errors.Is(err, devices.ErrNotOurs) && from.Name != "":
			warn("unreadable-message", "A message of %s cannot be opened: it has run from an old copy of its state, as after a restored backup, or the relay has changed the message. If this comes again, remove each other, and pair again.", from.Name)
		case err != nil && !errors.Is(err, devices.ErrNotOurs) && !errors.Is(err, devices.ErrNote):
			return heard, err
		}
		if err := box.Delete(ctx, note.Slot); err != nil && ctx.Err() != nil {
			return heard, err // else it expires by itself
		}
	}
	return heard, nil
}

// boxSlots returns slots as the mailbox has them.
func boxSlots(slots []devices.Slot) []tallow.Slot {
	all := make([]tallow.Slot, len(slots))
	for i, s := range slots {
		all[i] = tallow.Slot(s)
	}
	return all
}
