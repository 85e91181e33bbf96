package tallow

import (
	"context"
	"crypto/rand"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storeclient"
)

// served checks that a relay does what is asked for besides storing, as it says of a
// transfer.
func (o StoreOptions) served(relay string, s storeclient.State) error {
	switch {
	case o.RelayMail && !s.Mail:
		return &Error{Kind: KindNetwork, Reason: ReasonMailOff, Relay: relay}
	case o.Notify != "" && !s.Notify:
		return &Error{Kind: KindNetwork, Reason: ReasonNotifyOff, Relay: relay}
	}
	return nil
}

// checkStore asks whether the relay has a store that does what is asked for. What it does
// besides storing it says of a transfer alone, so one is begun, and removed.
func (c *Client) checkStore(ctx context.Context, store *storeclient.Client, o StoreOptions) error {
	if !o.RelayMail && o.Notify == "" {
		_, err := store.Terms(ctx)
		return err
	}
	n := storeclient.Creation{
		Size: container.SealedSize(0), Life: o.expires(), Downloads: 1,
		Password: c.link.RelayPassword, Token: o.Token, Notify: o.Notify,
	}
	_, _ = rand.Read(n.Owner[:]) // never fails
	_, _ = rand.Read(n.Proof[:])
	s, err := store.Create(ctx, n)
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, s.ID, n.Owner); err != nil {
		c.log.Info("a transfer that was begun to ask the relay stays there until it expires", "reason", err)
	}
	return o.served(c.link.Relay, s)
}
