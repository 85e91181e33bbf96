package link

import (
	"context"
	"time"
)

// A receiver may be started again while its sender waits: after a kill, or when
// its disk was full. Its new process has no memory of the session, so the sender
// ends this one and offers everything anew in the next.

// restart ends this session in favour of one with the receiver's new process.
func (l *Link) restart(p *Peer) {
	l.mu.Lock()
	l.restarted = p
	l.mu.Unlock()
	_ = l.Session.Close()
}

// Restarted is the receiver's new process, for which this session was ended; nil
// if it was not. It is to be asked once, after the session's end.
func (l *Link) Restarted() *Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.restarted
	l.restarted = nil
	return p
}

// AwaitRestart waits for the receiver to come back as a new process, as it said
// that it would; Restarted is not nil then. The error is ErrPeerGone if it does
// not within the time in which a lost connection may come back, or ctx's cause.
func (l *Link) AwaitRestart(ctx context.Context) error {
	timer := time.NewTimer(l.timeout) // it may not leave, whatever it says
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
