package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// confirmPatience is how long the other machine may take to confirm a pairing, unless
// --timeout is shorter.
const confirmPatience = time.Minute

// pairing is the command that pairs two machines.
type pairing struct {
	*program
	name string
}

func newDevicesPair(p *program) *cobra.Command {
	d := &pairing{program: p}
	cmd := &cobra.Command{
		Use:   "pair [flags] [CODE]",
		Short: "Pair this machine with another one, by a code",
		Long: `Pair this machine with another one. Without CODE it prints one; with it, it is
the other machine. Both then keep each other under a name: how the other one
calls itself (its --as, or else its host name), or --name. Nothing else is sent.

Both have to reach the same relay, now and later: they leave each other messages
there, which it cannot read.`,
		Example: `  tallow devices pair --relay relay.example
  tallow devices pair 7-apple-walrus-kayak@relay.example
  tallow devices pair --name laptop 7-apple-walrus-kayak`,
		Args:              cobra.ArbitraryArgs, // the words of a code, with spaces between them
		ValidArgsFunction: completeCodeArgument,
		RunE:              func(cmd *cobra.Command, args []string) error { return d.run(cmd, args) },
	}
	cmd.Flags().StringVar(&d.name, "name", "", "keep the other machine under this `NAME`")
	completeFlag(cmd, "name", noCompletion)
	p.settings.Register(cmd.Flags(), "relay", "relay-pin", "relay-password", "lanes", "private", "as", "verify", "timeout", "wait", "log-file")
	p.addConfigFlag(cmd)
	return cmd
}

func (d *pairing) run(cmd *cobra.Command, args []string) error {
	if d.name != "" {
		if err := devices.CheckName(d.name); err != nil {
			return d.devicesFailure(cmd.Context(), err)
		}
	}
	code := strings.Join(args, " ")
	timeout := tallow.DefaultSendTimeout
	if code != "" {
		timeout = tallow.DefaultReceiveTimeout
	}
	if err := d.loadPreferences(cmd, timeout); err != nil {
		return err
	}
	store, err := d.openDevices(cmd.Context())
	if err != nil {
		return err
	}
	pair := func() (string, error) { return d.invite(cmd.Context(), store) }
	if code != "" {
		pair = func() (string, error) { return d.accept(cmd.Context(), store, code) }
	}
	name, err := pair()
	var paired devices.Device
	if err == nil {
		paired, err = store.Get(cmd.Context(), name)
	}
	if err := d.devicesFailure(cmd.Context(), firstOf(err, store.Close())); err != nil {
		return err
	}
	return d.tellPaired(paired)
}

// tellPaired tells that this machine is paired with another one.
func (p *program) tellPaired(with devices.Device) error {
	if p.json {
		return p.writeEvent(newDeviceEvent(with))
	}
	s := newScreen(p)
	s.say("Paired with %s. To compare, the same words are on both machines:  %s", with.Name, strings.Join(with.Words(), " "))
	s.say("To send to it:  tallow send --to %s FILE", with.Name)
	return nil
}

// invite pairs with who comes with the code that it prints.
func (d *pairing) invite(ctx context.Context, store *devices.Store) (name string, err error) {
	relay := d.preferences.relay
	if relay == "" {
		return "", &tallow.Error{Kind: tallow.KindUsage, Reason: tallow.ReasonBoxNoRelay}
	}
	client, err := d.client()
	if err != nil {
		return "", err
	}
	p, err := devices.Invite(d.ownName(), relay, time.Now())
	if err != nil {
		return "", err
	}
	n := newNarrator(d.program)
	n.subject, n.wait, n.timeout, n.command = "an invitation to pair", d.preferences.wait, d.preferences.timeout, "tallow devices pair"
	if !isTerminal(d.stdout) {
		n.codeTo = d.stdout
	}
	o := tallow.SendOptions{Text: string(p.Invitation), Words: d.preferences.words, PeerTimeout: d.preferences.timeout, ReconnectTimeout: d.preferences.reconnectTimeout()}
	ask, done, err := d.verifier(n)
	if err != nil {
		return "", err
	}
	defer done()
	o.Verify = ask
	_, err = d.observe(ctx, n, nil, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, exceptEnd(onEvent)
		return client.Send(ctx, o)
	})
	if err != nil {
		return "", err
	}
	told, err := d.confirmed(ctx, client, p, &failure{
		kind: tallow.KindCode, message: "the other machine has taken the code, and did not pair",
		hint: "Run tallow devices pair CODE there, and not tallow receive.",
	})
	if err != nil {
		return "", err
	}
	return d.keep(ctx, store, p, told)
}

// confirmed waits for the first note of the machine that was invited, and returns how that
// calls itself. If it does not come, the error is silent.
func (p *program) confirmed(ctx context.Context, client *tallow.Client, invited *devices.Pairing, silent error) (string, error) {
	box, err := client.Mailbox()
	if err != nil {
		return "", err
	}
	defer box.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, min(confirmPatience, p.preferences.timeout), silent)
	defer cancel()
	for pause := (pauses{}); ; {
		notes, err := box.Wait(ctx, boxSlots(invited.Slots()))
		if err != nil {
			return "", err
		}
		for _, note := range notes {
			name, err := invited.Confirm(devices.Slot(note.Slot), note.Bytes, time.Now())
			_ = box.Delete(ctx, note.Slot) // it expires by itself
			if err == nil {
				return name, nil
			}
		}
		if err := sleep(ctx, pause.next()); err != nil { // all of it was of nobody
			return "", err
		}
	}
}

// accept pairs with who has invited.
func (d *pairing) accept(ctx context.Context, store *devices.Store, code string) (name string, err error) {
	client, err := d.client()
	if err != nil {
		return "", err
	}
	n := newNarrator(d.program)
	n.receives, n.wait, n.timeout = true, d.preferences.wait, d.preferences.timeout
	o := tallow.ReceiveOptions{
		Code: code, PeerTimeout: d.preferences.timeout, ReconnectTimeout: d.preferences.reconnectTimeout(),
		MaxBytes: tallow.MaxInvitation, Accept: func(_ context.Context, o tallow.Offer) (bool, error) { return o.Text, nil },
	}
	ask, done, err := d.verifier(n)
	if err != nil {
		return "", err
	}
	defer done()
	o.Verify = ask
	result, err := d.observe(ctx, n, nil, func(ctx context.Context, controls *tallow.Controls, onEvent func(tallow.Event)) (tallow.Result, error) {
		o.Controls, o.OnEvent = controls, exceptEnd(onEvent)
		return client.Receive(ctx, o)
	})
	if err != nil {
		return "", err
	}
	return d.acceptInvitation(ctx, store, []byte(result.Text), d.ownName(), func(p *devices.Pairing, told string) (string, error) {
		return d.keep(ctx, store, p, told)
	})
}

// acceptInvitation keeps the machine that has sent an invitation, and confirms that to it. own
// is how this machine calls itself, and keep keeps the other one under the name that it
// returns.
func (p *program) acceptInvitation(ctx context.Context, store *devices.Store, invitation []byte, own string, keep func(p *devices.Pairing, told string) (string, error)) (name string, err error) {
	accepted, told, err := devices.Accept(invitation, time.Now())
	if err != nil {
		return "", &failure{
			kind: tallow.KindCode, message: "the other machine did not send an invitation to pair", err: err,
			hint: "Run tallow devices pair there, and not tallow send.",
		}
	}
	slot, hello, err := accepted.Hello(own)
	if err != nil {
		return "", err
	}
	if name, err = keep(accepted, told); err != nil {
		return "", err
	}
	if err := p.leave(ctx, accepted.Device().Relay, slot, hello); err != nil {
		return "", errors.Join(err, store.Remove(context.WithoutCancel(ctx), name))
	}
	return name, nil
}

// keep keeps the other machine under --name, or else under what it calls itself.
func (d *pairing) keep(ctx context.Context, store *devices.Store, p *devices.Pairing, told string) (string, error) {
	if d.name != "" {
		return d.name, store.Add(ctx, p, d.name)
	}
	name := deviceName(told)
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered = fmt.Sprintf("%.36s-%d", name, n)
		}
		if err := store.Add(ctx, p, numbered); !errors.Is(err, devices.ErrTaken) {
			return numbered, err
		}
	}
}

// deviceName makes a name of what a machine calls itself.
func deviceName(told string) string {
	name, _, _ := strings.Cut(strings.ToLower(told), ".") // laptop.local
	name = regexp.MustCompile(`[^a-z0-9._-]+`).ReplaceAllString(name, "-")
	name = strings.Trim(name, "-._")
	name = name[:min(len(name), 40)]
	if devices.CheckName(name) != nil {
		return "device"
	}
	return name
}

// ownName is how this machine calls itself.
func (d *pairing) ownName() string {
	if d.preferences.as != "" {
		return d.preferences.as
	}
	name, _ := os.Hostname() // else it has none, and the other one calls it device
	return name
}

// verifier returns what asks to compare words, if that is wanted, and what ends it.
func (d *pairing) verifier(n *narrator) (ask func(context.Context, []string) (bool, error), done func(), err error) {
	if !d.preferences.verify {
		return nil, func() {}, nil
	}
	c, err := d.openConsole(n.screen)
	if err != nil {
		return nil, nil, d.errVerifyWithoutTerminal()
	}
	n.verifies = true
	return (&prompt{console: c}).verify, c.close, nil
}

// exceptEnd leaves out what is not told of a transfer that is only the way to
// something else.
func exceptEnd(onEvent func(tallow.Event)) func(tallow.Event) {
	return func(e tallow.Event) {
		switch e.(type) {
		case tallow.EndEvent, tallow.OfferEvent, tallow.ProgressEvent, tallow.FileEvent:
		default:
			onEvent(e)
		}
	}
}
