package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

const (
	// lookAgain is how often a listener looks for devices that were paired meanwhile.
	lookAgain = time.Minute
	// lookHere is how often it looks for what a send --to of this machine has come upon.
	lookHere = 5 * time.Second
)

// invitePatience is how long a listener waits for the sender of an invitation.
const invitePatience = 30 * time.Second

// listening is a receive --listen: it takes what devices send, one after the other.
type listening struct {
	*receive
	store  *devices.Store
	screen *screen
	ask    *prompt       // nil: nobody can be asked
	come   chan struct{} // something waits; has room for one
	told   toldOf
}

// runListen takes what devices send, until the context ends.
func (r *receive) runListen(cmd *cobra.Command, args []string) error {
	if err := r.checkListen(cmd, args); err != nil {
		return err
	}
	ctx := cmd.Context()
	all, err := r.allDevices(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return usage("To pair with another machine: tallow devices pair", "there is no device to listen for")
	}
	all = slices.DeleteFunc(all, func(d devices.Device) bool { return !d.Moved.IsZero() })
	if len(all) == 0 {
		return r.devicesFailure(ctx, devices.ErrMoved)
	}
	store, err := r.openDevices(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // everything in it was committed
	l := &listening{receive: r, store: store, screen: newScreen(r.program), come: make(chan struct{}, 1), told: toldOf{warn: r.warner()}}
	if isTerminal(r.stdin) {
		c, err := r.openConsole(l.screen)
		if err == nil {
			defer c.close()
			l.ask = &prompt{console: c}
		}
	}
	r.payload = r.stdout
	if r.json {
		err = r.writeEvent(struct {
			Event   string `json:"event"`
			Devices int    `json:"devices"`
		}{"listens", len(all)})
	} else {
		l.screen.say("Listening for %s; Ctrl-C to stop.", deviceNames(all))
	}
	if err != nil {
		return err
	}
	return l.devicesFailure(ctx, l.run(ctx))
}

// checkListen rejects what does not go with --listen.
func (r *receive) checkListen(cmd *cobra.Command, args []string) error {
	switch given := cmd.Flags().Changed; {
	case len(args) > 0:
		return usage("Leave one of them out.", "with --listen there is no code")
	case r.output == "-":
		return usage("Name a folder.", "--listen puts what it takes into a folder, and not to stdout")
	case given("keep"):
		return usage("Leave it out.", "--keep is for who sends with a code, and with --listen there is none")
	case given("verify") && r.verify:
		return usage("To compare words with a device: tallow devices verify NAME", "--verify is for a code, and with --listen there is none")
	}
	return nil
}

// deviceNames names devices for people.
func deviceNames(all []devices.Device) string {
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return namesText(names)
}

// run waits for notes, and acts upon them.
func (l *listening) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel(nil)
	watched := make(map[string]bool) // relays
	again := time.NewTicker(lookHere)
	defer again.Stop()
	for {
		at, err := l.store.Slots(ctx)
		if err != nil {
			return err
		}
		for relay := range at {
			if !watched[relay] {
				watched[relay] = true
				watching.Go(func() { l.watch(ctx, relay, len(at) == 1, cancel) })
			}
		}
		if err := l.act(ctx); err != nil {
			return err
		}
		select {
		case <-l.come:
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// watch takes the notes that come at a relay, until ctx ends. If the relay refuses that, or
// answers what makes no sense, it is asked again later. It fails if the only relay refuses
// from the beginning.
func (l *listening) watch(ctx context.Context, relay string, only bool, fail func(error)) {
	var pause pauses
	for {
		served, err := l.watchRelay(ctx, relay, &pause)
		if ctx.Err() != nil {
			return
		}
		only = only && !served
		var refused *tallow.Error
		if !errors.As(err, &refused) || only && refused.Reason != tallow.ReasonRelayProtocol {
			fail(err)
			return
		}
		wait := pause.next()
		l.warner()("relay-refused", "%s. It is asked again in %s.", failureOf(err).message, wait)
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// watchRelay returns whether the relay has let it listen.
func (l *listening) watchRelay(ctx context.Context, relay string, pause *pauses) (served bool, err error) {
	box, err := l.mailboxAt(relay)
	if err != nil {
		return false, err
	}
	defer box.Close()
	for ctx.Err() == nil {
		at, err := l.store.Slots(ctx)
		if err != nil {
			return served, err
		}
		slots := at[relay][:min(len(at[relay]), tallow.MaxSlots)]
		looking, cancel := context.WithTimeout(ctx, lookAgain)
		var notes []tallow.BoxNote
		if len(slots) > 0 {
			notes, err = box.Wait(looking, boxSlots(slots))
		} else {
			<-looking.Done() // its last device was removed
		}
		late := looking.Err() != nil
		cancel()
		if err != nil && !late {
			return served, err
		}
		served = served || err == nil
		o, err := openNotes(ctx, l.store, box, slots, notes, &l.told)
		if err != nil {
			return served, err
		}
		for name := range o.heard {
			if err := l.answer(ctx, box, name); err != nil {
				return served, err
			}
		}
		if len(o.heard) > 0 {
			select {
			case l.come <- struct{}{}:
			default:
			}
		}
		switch {
		case o.some || late:
			pause.reset()
		case sleep(ctx, pause.next()) != nil: // all of it was of nobody
			return served, nil
		}
	}
	return served, nil
}

// pauses are how long to wait before a relay is asked again that was of no use: a second
// at first, and then twice as long each time, up to a minute.
type pauses struct{ last time.Duration }

func (p *pauses) next() time.Duration {
	p.last = min(max(2*p.last, time.Second), lookAgain)
	return p.last
}

func (p *pauses) reset() { p.last = 0 }

// answer tells a device that it was heard.
func (l *listening) answer(ctx context.Context, box *tallow.Mailbox, name string) error {
	slot, note, err := l.store.Seal(ctx, name, devices.Note{Kind: devices.KindHeard})
	switch {
	case errors.Is(err, devices.ErrNoDevice), errors.Is(err, devices.ErrMoved):
		return nil
	case err != nil:
		return err
	}
	if err := box.Put(ctx, tallow.Slot(slot), note); err != nil && ctx.Err() != nil {
		return err // else the next answer says the same
	}
	return nil
}

// act receives what waits.
func (l *listening) act(ctx context.Context) error {
	for {
		waiting, err := l.store.Waiting(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, w := range waiting {
			err := l.take(ctx, w)
			if ctx.Err() != nil {
				return context.Cause(ctx) // it waits for the next listener
			}
			if err != nil {
				l.exit(err) // prints it
			}
			if err := l.store.Done(ctx, w); err != nil {
				return err
			}
		}
	}
}

// take receives what one note tells of.
func (l *listening) take(ctx context.Context, w devices.Waiting) error {
	d := w.From
	o := tallow.ReceiveOptions{
		Code: w.Note.Code, OnConflict: tallow.Conflict(l.onConflict), Preserve: l.preserve, Output: l.output,
		MaxBytes: int64(l.acceptMax), PeerTimeout: invitePatience, ReconnectTimeout: l.reconnectTimeout(), LimitRate: int64(l.rate),
	}
	if w.Note.Kind == devices.KindStored {
		o.Code = w.Note.Link
	}
	if d.Rules.Folder != "" {
		o.Output = d.Rules.Folder + string(filepath.Separator)
	}
	if d.Rules.MaxBytes > 0 {
		o.MaxBytes = d.Rules.MaxBytes
	}
	asks := !l.yes && !d.Rules.Accept
	if asks {
		o.Accept = l.accept
	}
	if o.OnConflict == tallow.ConflictAsk {
		o.OnConflict = tallow.ConflictRename
		if l.ask != nil && asks {
			o.OnConflict, o.Ask = tallow.ConflictAsk, l.ask.conflict
		}
	}
	client, err := l.clientAt(d.Relay)
	if err != nil {
		return err
	}
	if err := l.from(w); err != nil {
		return err
	}
	n := newNarrator(l.program)
	n.receives, n.asks, n.wait, n.timeout = true, asks, l.wait, invitePatience
	n.stored, n.acceptMax, n.device = w.Note.Kind == devices.KindStored, o.MaxBytes, d.Name
	result, err := l.observe(ctx, n, l.newRecorder(receiveEntry(o, d.Relay)), func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, onEvent
		return client.Receive(ctx, o)
	})
	return l.finish(n, result, err)
}

// from says which device sends.
func (l *listening) from(w devices.Waiting) error {
	if l.json {
		return l.writeEvent(struct {
			Event  string `json:"event"`
			Name   string `json:"name"`
			Stored bool   `json:"stored"`
		}{"device-sends", w.From.Name, w.Note.Kind == devices.KindStored})
	}
	l.screen.say("From %s:", w.From.Name)
	return nil
}

// accept asks whether to take an offer; where nobody can be asked it is declined.
func (l *listening) accept(ctx context.Context, o tallow.Offer) (bool, error) {
	if l.ask == nil {
		l.program.warner()("declined", "Declined: there is nobody to ask. To take it without asking: tallow devices rules --accept NAME, or --yes")
		return false, nil
	}
	return l.ask.accept(ctx, o)
}
