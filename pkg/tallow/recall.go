package tallow

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// recallTimeout is how long a receiver that was started again with the same
// code looks for the sender of the transfer that its earlier process began.
const recallTimeout = 10 * time.Second

// maxRecalled bounds how many interrupted transfers are tried: to open what one
// left takes a tenth of a second.
const maxRecalled = 8

// recall finds the transfer that an earlier process began with the same code in
// the same folder, if its sender still waits. Nil if there is none.
func (c *Client) recall(ctx context.Context, o ReceiveOptions, k code.Code) *acquaintance {
	left := disk.Remembered(recallFolder(o.Output))
	for _, sealed := range left[:min(len(left), maxRecalled)] {
		state, err := vault.OpenResume(k.Secret(), k.Nameplate, sealed)
		if err != nil {
			continue // of another code
		}
		found, again, err := c.rejoin(ctx, o, k, state)
		if err == nil {
			return &acquaintance{found, again, state.Relay}
		}
		c.log.Debug("the transfer that was interrupted here is over", "reason", err)
	}
	return nil
}

// recallFolder is where a Receive to an output path keeps what it needs to
// resume.
func recallFolder(output string) string {
	if output == "" {
		return "."
	}
	if info, err := os.Stat(output); err == nil && info.IsDir() {
		return output
	}
	return filepath.Dir(output)
}

// rejoin meets the sender in the resume room of an earlier process.
func (c *Client) rejoin(ctx context.Context, o ReceiveOptions, k code.Code, state vault.ResumeState) (*reunion, *reuniter, error) {
	at, err := c.relayNamed(state.Relay, k.Nameplate)
	if err != nil {
		return nil, nil, err
	}
	again := c.newReuniter(handshake.ResumeParams{Secret: state.Secret, Room: state.Room}, o.Wait, at)
	_, _ = rand.Read(again.incarnation[:]) // never fails (Go 1.24)
	ctx, cancel := context.WithTimeout(ctx, recallTimeout)
	defer cancel()
	room, err := again.sit(ctx)
	if err != nil {
		return nil, nil, err
	}
	found, err := again.in(ctx, room)
	if err != nil {
		_ = room.Close()
	}
	return found, again, err
}

// relayNamed is the relay that a user, or a code, named; the sender's own on
// this network if none was.
func (c *Client) relayNamed(name, nameplate string) (whereabouts, error) {
	if name == "" {
		return func(ctx context.Context) (rendezvous.Endpoint, error) { return c.findNearby(ctx, nameplate) }, nil
	}
	at, err := rendezvous.ParseRelay(name)
	return always(at), err
}
