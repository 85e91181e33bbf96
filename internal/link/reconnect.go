package link

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// reconnector finds the peer of a session again, as often as the connection is
// lost: in the session's resume room, where both prove themselves with the
// resume secret.
type reconnector struct {
	at       location
	role     Role
	params   handshake.ResumeParams
	process  [16]byte           // names this process to the relay
	exchange handshake.Exchange // of all resumptions
}

// newReconnector is for the session that begins with the result of a code's
// handshake.
func newReconnector(at location, r Role, first *handshake.Result) (*reconnector, error) {
	params := handshake.ResumeParams{Secret: first.Secrets.ResumeSecret(), Room: first.Secrets.ResumeRoom()}
	return makeReconnector(at, r, params, first.Incarnation)
}

// makeReconnector is for a session with the resume secret and room in p.
// Incarnation names the receiver's process.
func makeReconnector(at location, r Role, p handshake.ResumeParams, incarnation [16]byte) (*reconnector, error) {
	c := &reconnector{at: at, role: r, params: p}
	_, _ = rand.Read(c.process[:]) // never fails (Go 1.24)
	var err error
	if r == Sender {
		c.exchange, err = handshake.NewResumeAcceptor(p)
	} else {
		c.exchange, err = handshake.NewResumer(p, incarnation)
	}
	return c, err
}

// attempt joins the resume room and waits until the peer has proved itself in
// it.
func (r *reconnector) attempt(ctx context.Context) (*Peer, error) {
	room, err := r.at.resume(ctx, r.params.Room, r.process)
	if err != nil {
		return nil, err
	}
	d := driver{
		room: room, exchange: r.exchange, observer: unobserved{}, role: r.role,
		timeout: resumeTimeout, abandon: leave,
	}
	result, err := d.drive(ctx)
	if err != nil {
		_ = room.Close()
		return nil, err
	}
	return r.found(room, result), nil
}

// found is the peer that has proved itself in a room.
func (r *reconnector) found(room *rendezvous.Room, result *handshake.Result) *Peer {
	return &Peer{
		config: r.at.config, role: r.role, room: room, secrets: result.Secrets,
		generation: result.Generation, incarnation: result.Incarnation, reconnector: r,
	}
}

// unobserved is a HandshakeObserver that nobody reads.
type unobserved struct{}

func (unobserved) PeerJoined() {}
func (unobserved) PeerLeft()   {}

// keepRelayed keeps the session's relayed lane: when it is lost, both sides go
// to the resume room and prove themselves anew. A direct lane may carry on
// meanwhile, and nobody notices.
func (l *Link) keepRelayed() {
	for {
		if l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up&wire.LaneRelay == 0 }) != nil {
			return
		}
		l.config.Logger.Debug("the relayed lane is lost")
		p := l.reconnect()
		if p == nil {
			return
		}
		if !p.sameProcess(l.peer) {
			l.restart(p)
			return
		}
		if err := l.resume(p); err != nil {
			return
		}
	}
}

// resume goes on with the same peer: the session gets its new keys, and the new
// room as the relayed lane.
func (l *Link) resume(p *Peer) error {
	l.mu.Lock()
	l.generation, l.numbered = p.generation, 0
	l.mu.Unlock()
	if err := l.Renew(p.generation, p.keys()); err != nil {
		l.config.Logger.Debug("a resumption is of no use", "reason", err)
		_ = p.room.Close()
		return nil // the next one may be
	}
	if err := l.enter(p.room); err != nil {
		return err
	}
	for _, d := range l.dialers {
		d.renew(p)
	}
	return nil
}

// reconnect tries until the peer is found; nil when the link has ended, or when
// the receiver has resumed as often as it can.
func (l *Link) reconnect() *Peer {
	pauses := newPauses(rejoinFirst, rejoinLatest)
	for n := 1; ; n++ {
		p, err := l.peer.reconnector.attempt(l.ctx)
		if err == nil {
			return p
		}
		if l.ctx.Err() != nil || errors.Is(err, handshake.ErrGenerations) {
			return nil
		}
		l.config.Logger.Debug("not reconnected yet", "reason", err)
		if l.disconnected.Load() {
			l.observer.Reconnecting(n + 1)
		}
		if pauses.wait(l.ctx, l.Done()) != nil || l.Err() != nil {
			return nil
		}
	}
}
