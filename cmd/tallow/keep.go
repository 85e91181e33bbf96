package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// keepPatience is how long a relay may take to say whether it has a mailbox, before there
// is a code.
const keepPatience = 10 * time.Second

// keeping is the flag of a transfer after which both sides keep each other as devices.
type keeping struct{ name string }

func (k *keeping) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.name, "keep", "", "keep the other side as a device of this `NAME`, if it asks for that too")
	completeFlag(cmd, "keep", noCompletion)
}

// deviceKeeper keeps the other side of a transfer once that has ended. A nil one keeps nobody.
type deviceKeeper struct {
	*program
	name    string
	store   *devices.Store
	pairing *devices.Pairing // of the sender, which invites
}

// openKeeper returns what keeps the other side under the name of the flag; nil if it was not
// given. What stands in the way of that is found out now, before anybody has a code.
func (p *program) openKeeper(cmd *cobra.Command, k keeping) (*deviceKeeper, error) {
	if !cmd.Flags().Changed("keep") {
		return nil, nil
	}
	ctx := cmd.Context()
	if err := devices.CheckName(k.name); err != nil {
		return nil, p.devicesFailure(ctx, err)
	}
	store, err := p.openDevices(ctx)
	if err != nil {
		return nil, err
	}
	_, err = store.Get(ctx, k.name)
	if errors.Is(err, devices.ErrNoDevice) {
		return &deviceKeeper{program: p, name: k.name, store: store}, nil
	}
	if err == nil {
		err = usage("Choose another one, or first: tallow devices remove "+k.name, "there is a device named %s already", k.name)
	}
	return nil, p.devicesFailure(ctx, firstOf(err, store.Close()))
}

func (k *deviceKeeper) close() {
	if k != nil {
		_ = k.store.Close() // everything in it was committed
	}
}

// invite makes the invitation for the receiver. The devices will leave each other notes at
// the relay of the transfer, so there has to be one.
func (k *deviceKeeper) invite(ctx context.Context) ([]byte, error) {
	if k == nil {
		return nil, nil
	}
	relay := k.preferences.relay
	if relay == "" {
		return nil, &tallow.Error{Kind: tallow.KindUsage, Reason: tallow.ReasonBoxNoRelay}
	}
	var err error
	if k.pairing, err = devices.Invite(k.preferences.as, relay, time.Now()); err != nil {
		return nil, err
	}
	box, err := k.mailboxAt(relay)
	if err != nil {
		return nil, err
	}
	defer box.Close()
	asking, cancel := context.WithTimeout(ctx, keepPatience)
	defer cancel()
	var refused *tallow.Error
	_, err = box.Look(asking, boxSlots(k.pairing.Slots()))
	switch {
	case ctx.Err() != nil:
		return nil, interrupted()
	case errors.As(err, &refused) && refused.Reason == tallow.ReasonBoxNone:
		return nil, refused
	}
	return k.pairing.Invitation, nil // what else is wrong with the relay, the transfer finds out
}

// afterSend keeps the receiver, if both sides have asked for it. The transfer was a success
// whatever becomes of this, so only an interruption is an error.
func (k *deviceKeeper) afterSend(ctx context.Context, client *tallow.Client, result tallow.Result, ended error) error {
	switch {
	case k == nil || !complete(ended):
		return nil
	case !result.Invited:
		k.unasked(result.Peer, "receiver")
		return nil
	}
	_, err := k.confirmed(ctx, client, k.pairing, &failure{
		kind: tallow.KindNetwork, message: "it has not confirmed that it keeps this machine",
		hint: "If tallow devices has this machine there, remove it. Then pair: tallow devices pair.",
	})
	if err == nil {
		err = k.store.Add(ctx, k.pairing, k.name)
	}
	return k.tell(ctx, err)
}

// afterReceive keeps the sender, as afterSend does the receiver.
func (k *deviceKeeper) afterReceive(ctx context.Context, result tallow.Result, ended error) error {
	switch {
	case k == nil || !complete(ended):
		return nil
	case len(result.Invitation) > 0:
		_, err := k.acceptInvitation(ctx, k.store, result.Invitation, k.preferences.as, func(p *devices.Pairing, _ string) (string, error) {
			return k.name, k.store.Add(ctx, p, k.name)
		})
		if errors.Is(err, devices.ErrInvitation) {
			err = &failure{kind: tallow.KindCode, message: "its invitation is malformed", hint: "To pair: tallow devices pair", err: err}
		}
		return k.tell(ctx, err)
	case result.Peer.Keeps:
		return k.tell(ctx, &failure{
			kind: tallow.KindNetwork, message: "the connection was lost before its invitation came",
			hint: "The files are in place. To pair: tallow devices pair.",
		})
	}
	k.unasked(result.Peer, "sender")
	return nil
}

// complete reports whether a transfer has come to its end, perhaps without some files.
func complete(ended error) bool {
	var e *tallow.Error
	return ended == nil || errors.As(ended, &e) && (e.Kind == tallow.KindPartial || e.Kind == tallow.KindIntegrity && e.Reason == tallow.ReasonCorrupt)
}

// stored tells that what was sent is at a relay instead.
func (k *deviceKeeper) stored() {
	if k != nil {
		k.warner()("not-kept", "Nobody is kept as %s: there was no receiver. To pair with one later: tallow devices pair", k.name)
	}
}

// unasked tells that only this side has asked.
func (k *deviceKeeper) unasked(peer tallow.Peer, other string) {
	why := "it did not ask for it. Both sides have to say --keep NAME. To pair now: tallow devices pair"
	if peer.Page {
		why = "it is a page in a browser, which no machine can be paired with."
	}
	k.warner()("not-kept", "The %s is not kept as %s: %s", other, k.name, why)
}

// tell tells how keeping the other side has ended.
func (k *deviceKeeper) tell(ctx context.Context, err error) error {
	if err = k.devicesFailure(ctx, err); err != nil {
		if ctx.Err() != nil {
			return interrupted()
		}
		told := failureOf(err)
		k.warner()("not-kept", "The other side is not kept as %s: %s. %s", k.name, told.message, told.hint)
		return nil
	}
	kept, err := k.store.Get(ctx, k.name)
	if err != nil {
		return k.devicesFailure(ctx, err)
	}
	return k.tellPaired(kept)
}
