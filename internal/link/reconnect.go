package link

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// The retry interval of reconnecting, and of rejoining the room of a code. It
// doubles from the first to the longest.
const (
	reconnectFirst   = 250 * time.Millisecond
	reconnectLongest = 5 * time.Second
)

// reconnector meets the peer of a session again each time the connection is
// lost: in the session's resume room, where both prove that they have the resume
// secret.
type reconnector struct {
	at       location
	role     Role
	params   handshake.ResumeParams
	process  [16]byte           // identifies this process to the relay
	exchange handshake.Exchange // serves all resumptions of the session
}

// newReconnector returns the reconnector of a session that begins with the
// result of the handshake with a code.
func newReconnector(at location, r Role, first *handshake.Result) (*reconnector, error) {
	params := handshake.ResumeParams{Secret: first.Secrets.ResumeSecret(), Room: first.Secrets.ResumeRoom()}
	return makeReconnector(at, r, params, first.Incarnation)
}

// makeReconnector returns the reconnector of a session with the resume secret
// and room in p. The incarnation identifies the receiver's process.
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

// attempt joins the resume room and runs the handshake of a resumption in it.
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
	return r.peer(room, result), nil
}

// peer returns the peer that has proved itself in a room.
func (r *reconnector) peer(room *rendezvous.Room, result *handshake.Result) *Peer {
	return &Peer{
		config: r.at.config, role: r.role, room: room, secrets: result.Secrets,
		generation: result.Generation, incarnation: result.Incarnation, reconnector: r,
	}
}

// unobserved is a HandshakeObserver that does nothing.
type unobserved struct{}

func (unobserved) PeerJoined() {}
func (unobserved) PeerLeft()   {}

// keepRelayed replaces the session's relayed lane whenever it is lost: both peers
// join the resume room and prove themselves again. Direct lanes keep carrying
// data meanwhile.
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

// resume continues with the same process of the peer: the session gets new keys,
// and the new room as its relayed lane.
func (l *Link) resume(p *Peer) error {
	l.mu.Lock()
	l.generation, l.numbered = p.generation, 0
	l.mu.Unlock()
	if err := l.Renew(p.generation, p.keys()); err != nil {
		l.config.Logger.Debug("resumption failed", "reason", err)
		_ = p.room.Close()
		return nil // try again
	}
	if err := l.attachRoom(p.room); err != nil {
		return err
	}
	for _, d := range l.dialers {
		d.renew(p)
	}
	return nil
}

// reconnect tries until the peer is there. It returns nil when the link has
// ended, or when the generations of a resumption are exhausted.
func (l *Link) reconnect() *Peer {
	retry := newRetry(reconnectFirst, reconnectLongest)
	for n := 1; ; n++ {
		p, err := l.peer.reconnector.attempt(l.ctx)
		if err == nil {
			return p
		}
		if l.ctx.Err() != nil || errors.Is(err, handshake.ErrGenerations) {
			return nil
		}
		l.config.Logger.Debug("cannot reconnect yet", "reason", err)
		if l.disconnected.Load() {
			l.observer.Reconnecting(n + 1)
		}
		if retry.wait(l.ctx, l.Done()) != nil || l.Err() != nil {
			return nil
		}
	}
}
