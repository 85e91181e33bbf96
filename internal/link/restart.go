package link

import (
	"context"
	"time"
)

// A receiver may be started again while its sender waits: after a kill, or when
// its disk was full. The new process has no state of the session, so the sender
// ends this session and offers everything again in a new one.

// restart ends this session, to be replaced by one with the receiver's new
// process.
func (l *Link) restart(p *Peer) {
	l.mu.Lock()
	l.restarted = p
	l.mu.Unlock()
	_ = l.Session.Close()
}

// Restarted returns the receiver's new process if this session was ended for it,
// else nil. Call it once, after the end of the session; later calls return nil.
func (l *Link) Restarted() *Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.restarted
	l.restarted = nil
	return p
}

// AwaitRestart waits for a receiver that announced a restart to come back as a
// new process, which Restarted then returns. The error is ErrPeerGone if it does
// not within Options.ReconnectTimeout, or ctx's cause.
func (l *Link) AwaitRestart(ctx context.Context) error {
	timer := time.NewTimer(l.timeout) // the old process may stay, despite its word
	defer timer.Stop()
	select {
	case <-l.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.restarted != nil {
			return nil
		}
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return ErrPeerGone
}
