package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// inviteWords is how many words the code has that a device gets. Nobody types it.
const inviteWords = 8

// recipient is a device that is sent to.
type recipient struct {
	*program
	store  *devices.Store
	device devices.Device
	box    *tallow.Mailbox
	code   string // of this send
	told   toldOf
}

// checkTo rejects flags that do not go with --to.
func (s *send) checkTo(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("to") {
		return nil
	}
	if err := s.to.check(); err != nil {
		return err
	}
	for what, names := range map[string][]string{
		"a code": {"code", "words", "qr", "copy", "verify", "keep"}, "a link": {"password", "password-file", "mail", "mail-by", "mail-note"},
	} {
		for _, name := range names {
			if cmd.Flags().Changed(name) {
				return usage("Leave it out.", "--%s is for %s, and with --to there is none", name, what)
			}
		}
	}
	if cmd.Flags().Changed("relay") {
		return usage("Leave it out.", "--relay does not go with --to: a device has the relay of its pairing")
	}
	return nil
}

// openRecipient opens the devices, and makes the one of --to the receiver.
func (s *send) openRecipient(ctx context.Context) (*recipient, error) {
	store, err := s.openDevices(ctx)
	if err != nil {
		return nil, err
	}
	var r *recipient
	device, err := store.Get(ctx, s.to[0])
	if err == nil && !device.Moved.IsZero() {
		err = devices.ErrMoved
	}
	if err == nil {
		s.preferences.useRelay(device.Relay)
		r, err = s.newRecipient(store, device, s.warner())
	}
	if err != nil {
		return nil, s.devicesFailure(ctx, firstOf(err, store.Close()))
	}
	return r, nil
}

// newRecipient makes a device the receiver of one send.
func (p *program) newRecipient(store *devices.Store, device devices.Device, warn func(reason, format string, args ...any)) (*recipient, error) {
	r := &recipient{program: p, store: store, device: device, told: toldOf{warn: warn}}
	var err error
	if r.code, err = tallow.NewCode(inviteWords); err == nil {
		r.box, err = p.mailboxAt(device.Relay)
	}
	return r, err
}

func (r *recipient) close() {
	r.box.Close()
	_ = r.store.Close() // everything in it was committed
}

// during runs a transfer, gives it what tells the device of the events that it has to know,
// and ends it if the device cannot be told. A nil recipient tells nobody.
func (r *recipient) during(ctx context.Context, patience time.Duration, run func(ctx context.Context, tell func(tallow.Event)) (tallow.Result, error)) (tallow.Result, error) {
	if r == nil {
		return run(ctx, func(tallow.Event) {})
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	notes := make(chan devices.Note, 16) // more than a transfer has
	var telling sync.WaitGroup
	telling.Go(func() {
		for note := range notes {
			if err := r.tell(running, note); err != nil {
				cancel(err)
			}
		}
	})
	result, err := run(running, func(e tallow.Event) {
		switch e := e.(type) {
		case tallow.CodeEvent:
			notes <- devices.Note{Kind: devices.KindInvite, Code: e.Code, Until: time.Now().Add(patience).Unix()}
		case tallow.StoredEvent:
			notes <- devices.Note{Kind: devices.KindStored, Link: e.Link, Until: e.Expires.Unix()}
		}
	})
	close(notes)
	telling.Wait()
	if cause := context.Cause(running); cause != nil && ctx.Err() == nil {
		err = cause
	}
	return result, err
}

// tell leaves a note for the device.
func (r *recipient) tell(ctx context.Context, said devices.Note) error {
	if err := r.hear(ctx); err != nil {
		return err
	}
	// A slot is taken if another copy of this machine's state has used it. The next one may
	// be free, and the device can tell the two copies apart.
	var last devices.Slot
	for n := range takenSlots {
		slot, note, err := r.store.Seal(ctx, r.device.Name, said)
		if err != nil {
			return r.devicesFailure(ctx, err)
		}
		switch {
		case n > 0 && slot == last:
			return errSilent()
		case n == 1:
			r.told.copied(r.device)
		}
		last = slot
		err = r.box.Put(ctx, tallow.Slot(slot), note)
		var refused *tallow.Error
		if !errors.As(err, &refused) || refused.Reason != tallow.ReasonBoxTaken || n == takenSlots-1 {
			return err
		}
	}
	return nil
}

// errSilent is the error if the last of very many messages is still at the relay.
func errSilent() error {
	return &failure{
		kind: tallow.KindNetwork, message: "that device has heard none of the last messages, and the relay takes no more",
		hint: "Run tallow receive --listen there. If it has lost its state, remove it here and pair again: tallow devices pair",
	}
}

// takenSlots is how many slots are tried.
const takenSlots = 8

// hear opens what the device has said meanwhile: that it has heard the last notes, say.
// What else it has said waits for receive --listen.
func (r *recipient) hear(ctx context.Context) error {
	at, err := r.store.Slots(ctx)
	if err != nil {
		return r.devicesFailure(ctx, err)
	}
	for slots := range slices.Chunk(at[r.device.Relay], tallow.MaxSlots) {
		notes, err := r.box.Look(ctx, boxSlots(slots))
		if err != nil {
			return err
		}
		if _, err := openNotes(ctx, r.store, r.box, slots, notes, &r.told); err != nil {
			return err
		}
	}
	return nil
}
