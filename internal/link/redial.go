package link

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// redialTimeout is how long a receiver that was started again looks for the
// sender of the transfer that its earlier process began.
const redialTimeout = 10 * time.Second

// maxRedials bounds how many interrupted transfers are tried: to open what one
// left takes a tenth of a second.
const maxRedials = 8

// ErrNothingToResume: nothing of what earlier processes left was sealed with
// this code, or its sender does not wait any more.
var ErrNothingToResume = errors.New("there is no transfer to resume with this code")

// Redial finds the sender of a transfer that an earlier process of this receiver
// began with the same code: sealed is what Link.Seal gave to such processes, the
// newest first. The error is ErrNothingToResume or ctx's cause.
func Redial(ctx context.Context, c Config, k code.Code, sealed [][]byte) (*Peer, error) {
	for _, blob := range sealed[:min(len(sealed), maxRedials)] {
		state, err := vault.OpenResume(k.Secret(), k.Nameplate, blob)
		if err != nil {
			continue // of another code
		}
		p, err := c.redial(ctx, k, state)
		if err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c.Logger.Debug("the transfer that was interrupted here is over", "reason", err)
	}
	return nil, ErrNothingToResume
}

// redial meets the sender in the resume room of an earlier process.
func (c Config) redial(ctx context.Context, k code.Code, state vault.ResumeState) (*Peer, error) {
	at, err := c.named(state.Relay, k.Nameplate)
	if err != nil {
		return nil, err
	}
	var incarnation [16]byte // another process than the one that began
	_, _ = rand.Read(incarnation[:])
	r, err := makeReconnector(at, Receiver, handshake.ResumeParams{Secret: state.Secret, Room: state.Room}, incarnation)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, redialTimeout)
	defer cancel()
	return r.attempt(ctx)
}

// Seal seals what another process of the receiver needs to go on with this
// transfer by Redial, under the code. It takes a tenth of a second.
func (l *Link) Seal(k code.Code) ([]byte, error) {
	r := l.peer.reconnector
	return vault.SealResume(k.Secret(), k.Nameplate, vault.ResumeState{
		Secret: r.params.Secret, Room: r.params.Room, Relay: r.at.name,
	})
}
