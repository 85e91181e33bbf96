package main

import (
	"context"
	"errors"
	"slices"
	"sync"

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

// opened is what came of notes.
type opened struct {
	some  bool            // a note was one
	heard map[string]bool // devices that have said something which has to be answered
}

// openNotes opens notes in the order of their slots, and removes them from the relay.
// What does not open is of nobody, and is removed too.
func openNotes(ctx context.Context, s *devices.Store, box *tallow.Mailbox, slots []devices.Slot, notes []tallow.BoxNote, told *toldOf) (opened, error) {
	slices.SortFunc(notes, func(a, b tallow.BoxNote) int {
		return slices.Index(slots, devices.Slot(a.Slot)) - slices.Index(slots, devices.Slot(b.Slot))
	})
	o := opened{heard: make(map[string]bool)}
	for _, note := range notes {
		from, n, err := s.Open(ctx, devices.Slot(note.Slot), note.Bytes)
		switch {
		case errors.Is(err, devices.ErrNotOurs):
			if from.Name != "" {
				told.unreadable(from)
			}
		case errors.Is(err, devices.ErrMoved):
			continue // it is for the machine that has the device now
		case err != nil && !errors.Is(err, devices.ErrNote) && !errors.Is(err, devices.ErrCopied):
			return o, err
		default:
			o.some = true
			told.opened(from)
			if errors.Is(err, devices.ErrCopied) {
				told.copied(from)
			}
			if err == nil && n.Kind != devices.KindHeard || errors.Is(err, devices.ErrCopied) {
				o.heard[from.Name] = true
			}
		}
		if err := box.Delete(ctx, note.Slot); err != nil && ctx.Err() != nil {
			return o, err // else it expires by itself
		}
	}
	return o, nil
}

// toldOf is what was said about devices, so that a relay cannot have it said again and
// again. It may be used by several goroutines.
type toldOf struct {
	warn func(reason, format string, args ...any)

	mu   sync.Mutex
	told map[string]bool
}

// unreadable says that what lay where only a device puts something cannot be opened.
func (t *toldOf) unreadable(of devices.Device) {
	if t.first("unreadable-message", of) {
		t.warn("unreadable-message", "A message of %s cannot be opened: that machine or this one runs from an old copy of its state, as after a restored backup, or the relay has changed the message. If this comes again, remove each other, and pair again.", of.Name)
	}
}

// copied says that this machine's state is a copy, for a device that it has to do with.
func (t *toldOf) copied(of devices.Device) {
	if t.first("copied-state", of) {
		t.warn("copied-state", "Another copy of this machine's state is in use, or this one is from a backup. If %s does not get this, remove each other, and pair again.", of.Name)
	}
}

// first reports whether a warning about a device was not given since something of the device
// could be read.
func (t *toldOf) first(reason string, of devices.Device) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told == nil {
		t.told = make(map[string]bool)
	}
	key := reason + " " + string(of.Fingerprint[:])
	if t.told[key] {
		return false
	}
	t.told[key] = true
	return true
}

// opened says that something of a device could be read.
func (t *toldOf) opened(of devices.Device) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.told, "unreadable-message "+string(of.Fingerprint[:]))
}

// boxSlots returns slots as the mailbox has them.
func boxSlots(slots []devices.Slot) []tallow.Slot {
	all := make([]tallow.Slot, len(slots))
	for i, s := range slots {
		all[i] = tallow.Slot(s)
	}
	return all
}
