package link

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// redialTimeout is how long a receiver that was started again looks for the
// sender of the transfer that its earlier process began.
const redialTimeout = 10 * time.Second

// maxRedials bounds how many interrupted transfers are tried. Opening the sealed
// state of one takes a tenth of a second.
const maxRedials = 8

// ErrNothingToResume is returned when no sealed state can be opened with the
// code, or its sender no longer waits.
var ErrNothingToResume = errors.New("there is no transfer to resume with this code")

// Redial reconnects to the sender of a transfer that an earlier process of this
// receiver began with the same code. Sealed has the results of Link.Seal and
// Link.SealOnMachine of earlier processes, newest first; used says which of them was good. The error is
// ErrNothingToResume or ctx's cause.
func Redial(ctx context.Context, c Config, k code.Code, sealed [][]byte) (p *Peer, used int, err error) {
	for i, blob := range sealed[:min(len(sealed), maxRedials)] {
		state, err := vault.OpenResume(k.Secret(), k.Nameplate, blob, c.MachineKey)
		if err != nil {
			continue // sealed with another code
		}
		p, err := c.redial(ctx, k, state)
		if err == nil {
			return p, i, nil
		}
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		c.Logger.Debug("cannot resume an interrupted transfer", "reason", err)
	}
	return nil, 0, ErrNothingToResume
}

// redial meets the sender in the resume room of an earlier process.
func (c Config) redial(ctx context.Context, k code.Code, state vault.ResumeState) (*Peer, error) {
	at, err := c.named(state.Relay, k.Nameplate)
	if err != nil {
		return nil, err
	}
	var incarnation [16]byte // this is a new process
	_, _ = rand.Read(incarnation[:])
	r, err := makeReconnector(at, Receiver, handshake.ResumeParams{Secret: state.Secret, Room: state.Room}, incarnation)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, redialTimeout)
	defer cancel()
	retry := newRetry(reconnectFirst, reconnectLongest)
	for {
		p, err := r.attempt(ctx)
		var refused *rendezvous.RelayError
		if err == nil || !errors.As(err, &refused) || !refused.Code.Temporary() {
			return p, err
		}
		if retry.waitAtLeast(ctx, refused.RetryAfter) != nil {
			return nil, err
		}
	}
}

// Seal returns what another process of the receiver needs to resume this transfer
// with Redial, sealed with the code. It takes a tenth of a second.
func (l *Link) Seal(k code.Code) ([]byte, error) {
	return vault.SealResume(k.Secret(), k.Nameplate, l.resumeState())
}

// SealOnMachine returns the same for a process on this machine, at once. It fails
// without Config.MachineKey.
func (l *Link) SealOnMachine(k code.Code) ([]byte, error) {
	return l.peer.reconnector.at.config.MachineKey.SealResume(k.Secret(), k.Nameplate, l.resumeState())
}

func (l *Link) resumeState() vault.ResumeState {
	r := l.peer.reconnector
	return vault.ResumeState{Secret: r.params.Secret, Room: r.params.Room, Relay: r.at.name}
}
