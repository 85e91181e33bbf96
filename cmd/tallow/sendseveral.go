package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// dispatch is a send to several devices: a transfer for each of them, side by side. What
// becomes of one does not matter to the others.
type dispatch struct {
	*send
	options    tallow.SendOptions
	screen     *screen
	deliveries []*delivery
	clients    map[string]*tallow.Client // by their relays
	notes      func(reason, format string, args ...any)
}

// delivery is the transfer to one of several devices.
type delivery struct {
	to       *recipient
	narrator *narrator
	reporter reporter
	controls *tallow.Controls
	verify   func(ctx context.Context, words []string) (bool, error) // nil: nobody compares
	err      error
}

// runSeveral sends to all devices of --to.
func (s *send) runSeveral(ctx context.Context, o tallow.SendOptions) error {
	if o.Stream != nil {
		return usage("Put it into a file first, or name one device.", "what comes on stdin can be read once, and so be sent to one device at a time")
	}
	store, err := s.openDevices(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // everything in it was committed
	found, err := store.Resolve(ctx, s.to...)
	if err != nil {
		return s.devicesFailure(ctx, err)
	}
	d := &dispatch{send: s, options: o, screen: newBoard(s.program), clients: make(map[string]*tallow.Client)}
	d.notes = onlyOnce(s.warnerOn(d.screen))
	if o.LimitRate > 0 {
		d.options.LimitRate = max(o.LimitRate/int64(len(found)), 1) // together they keep to it
	}
	for _, device := range found {
		if err := d.add(store, device); err != nil {
			return s.devicesFailure(ctx, err)
		}
		defer d.deliveries[len(d.deliveries)-1].to.box.Close()
	}
	if s.verify && !s.storing.store {
		c, err := s.openConsole(d.screen)
		if err != nil {
			return s.errVerifyWithoutTerminal()
		}
		defer c.close()
		d.verifyWith(c)
	}
	return d.run(ctx, found)
}

// add prepares the delivery to a device.
func (d *dispatch) add(store *devices.Store, device devices.Device) error {
	if d.clients[device.Relay] == nil {
		client, err := d.clientAt(device.Relay)
		if err != nil {
			return err
		}
		d.clients[device.Relay] = client
	}
	n := newNarratorOn(d.screen, device.Name, d.verbose)
	n.subject, n.wait, n.timeout, n.device = subject(d.options), d.wait, d.timeout, device.Name
	n.coded = true // it is told of all devices together
	if d.storing.store {
		n.storing()
	}
	to, err := d.newRecipient(store, device, nil)
	if err != nil {
		return err
	}
	d.deliveries = append(d.deliveries, &delivery{to: to, narrator: n, controls: &tallow.Controls{}})
	return nil
}

// verifyWith has a person compare the words of each transfer, one after the other.
func (d *dispatch) verifyWith(c *console) {
	turn := make(chan struct{}, 1)
	for _, one := range d.deliveries {
		ask := &prompt{console: c, about: one.narrator.name()}
		one.narrator.verifies = true
		one.verify = func(ctx context.Context, words []string) (bool, error) {
			select {
			case turn <- struct{}{}:
				defer func() { <-turn }()
				return ask.verify(ctx, words)
			case <-ctx.Done():
				return false, context.Cause(ctx)
			}
		}
	}
}

// run delivers to all devices, and says what has become of it.
func (d *dispatch) run(ctx context.Context, found []devices.Device) error {
	what, whom := "Sending %s to %s, once tallow receive --listen runs there; Ctrl-C to stop.", "waiting for tallow receive --listen"
	if d.storing.store {
		what, whom = "Storing %s for %s.", "storing"
	}
	d.screen.say(what, subject(d.options), deviceNames(found))
	var controls []*tallow.Controls
	for _, one := range d.deliveries {
		controls = append(controls, one.controls)
		one.narrator.row.say("%s", whom)
	}
	var broken error
	d.attend(ctx, d.screen, d.text != "-", controls, func(ctx context.Context, fail func(error)) {
		d.screen.open()
		var running sync.WaitGroup
		for _, one := range d.deliveries {
			one.reporter = d.newReporter(one.narrator, fail)
			one.to.told.warn = one.reporter.warn
			running.Go(func() {
				one.err = d.deliver(ctx, one)
				one.ended()
			})
		}
		running.Wait()
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			broken = cause
		}
	})
	if broken != nil {
		return broken
	}
	d.list()
	return d.outcome()
}

// deliver sends to one device.
func (d *dispatch) deliver(ctx context.Context, one *delivery) error {
	relay := one.to.device.Relay
	client, o := d.clients[relay], d.options
	o.Code, o.Controls, o.Verify = one.to.code, one.controls, one.verify
	run := client.Send
	var keeper *storedKeeper
	if after := time.Duration(d.storing.after); after > 0 || d.storing.store {
		at := *d.preferences
		at.useRelay(relay)
		stored, k, err := d.storeOptions(ctx, o, one.narrator, at)
		if err != nil {
			return err
		}
		defer k.close()
		keeper = k
		run = func(ctx context.Context, o tallow.SendOptions) (tallow.Result, error) {
			if after > 0 {
				return client.SendOrStore(ctx, o, after, stored)
			}
			stored.Controls, stored.OnEvent = o.Controls, o.OnEvent
			return client.Store(ctx, stored)
		}
	}
	_, err := d.reported(ctx, one.narrator, one.reporter, d.newRecorder(sendEntry(o, relay)), d.notes, func(ctx context.Context, onEvent func(tallow.Event)) (tallow.Result, error) {
		return one.to.during(ctx, d.timeout, func(ctx context.Context, tell func(tallow.Event)) (tallow.Result, error) {
			o.OnEvent = func(e tallow.Event) {
				onEvent(e)
				keeper.event(e)
				tell(e)
			}
			return run(ctx, o)
		})
	})
	return err
}

// ended tells how a delivery has ended, while others go on.
func (one *delivery) ended() {
	if one.err != nil {
		one.reporter.failed(failureOf(one.err))
	}
	one.narrator.row.say("%s", one.ending())
}

// ending is how a delivery has ended, in words for a list.
func (one *delivery) ending() string {
	n := one.narrator
	if one.err == nil {
		if n.link.Link != "" {
			return "stored until " + momentText(n.link.Expires)
		}
		return "sent"
	}
	switch f := failureOf(one.err); f.kind {
	case tallow.KindInterrupted:
		return "interrupted"
	case tallow.KindPartial:
		return n.verb() + " in part: " + printable(f.message)
	default:
		return "not " + n.verb() + ": " + printable(f.message)
	}
}

// list tells people how each delivery has ended.
func (d *dispatch) list() {
	width := 0
	for _, one := range d.deliveries {
		width = max(width, cells(one.to.device.Name))
	}
	for _, one := range d.deliveries {
		name := one.to.device.Name
		d.screen.say("%s%s  %s", name, strings.Repeat(" ", width-cells(name)), one.ending())
	}
}

// outcome is the error of all deliveries together: nil if everything has arrived
// everywhere.
func (d *dispatch) outcome() error {
	var first *failure
	var missing []string
	parts := 0
	for _, one := range d.deliveries {
		if one.err == nil {
			continue
		}
		f := failureOf(one.err)
		switch f.kind {
		case tallow.KindInterrupted:
			return one.err
		case tallow.KindPartial:
			parts++
		}
		if first == nil {
			first = f
		}
		missing = append(missing, one.to.device.Name)
	}
	if first == nil {
		return nil
	}
	all := len(d.deliveries)
	is := "it has arrived on"
	if d.storing.store {
		is = "it is stored for"
	}
	out := &failure{kind: first.kind, hint: "To send it to the others again: --to " + strings.Join(missing, ",")}
	switch whole := all - len(missing); {
	case whole == 0 && parts == 0:
		out.message = fmt.Sprintf("%s none of %s", is, countText(int64(all), "device"))
		out.hint = "What has gone wrong is told above, for each device."
	case parts == 0:
		out.kind, out.message = tallow.KindPartial, fmt.Sprintf("%s %d of %s", is, whole, countText(int64(all), "device"))
	default:
		out.kind, out.message = tallow.KindPartial, fmt.Sprintf("%s %d of %s, and in part on %d", is, whole, countText(int64(all), "device"), parts)
	}
	return out
}

// onlyOnce returns warn without what it has said already: several transfers have the same
// to say about this machine.
func onlyOnce(warn func(reason, format string, args ...any)) func(reason, format string, args ...any) {
	var mu sync.Mutex
	told := make(map[string]bool)
	return func(reason, format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if text := fmt.Sprintf(format, args...); !told[text] {
			told[text] = true
			warn(reason, "%s", text)
		}
	}
}
