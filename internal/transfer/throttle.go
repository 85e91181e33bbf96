package transfer

import "context"

// Throttle keeps a transfer without a session, such as one with a store, to a limit, and
// holds it back while it is paused.
type Throttle struct {
	limit *limiter
	pause *Pause
}

// throttled is how many bytes pass a Throttle at a time at most, so that a low limit
// makes no long gaps.
const throttled = 16 << 10

// NewThrottle returns a Throttle with a limit in bytes a second, 0 for none. Progress
// gets the limit.
func NewThrottle(limit int64, progress *Progress, pause *Pause) *Throttle {
	return &Throttle{limit: newLimiter(limit, progress), pause: pause}
}

// Wait waits until n bytes may pass. The error is ctx's cause.
func (t *Throttle) Wait(ctx context.Context, n int) error {
	for {
		if err := t.pause.wait(ctx); err != nil {
			return err
		}
		if n <= 0 {
			return nil
		}
		if err := t.limit.wait(ctx, neverDies{}, t.pause, min(n, throttled)); err != nil {
			return err
		}
		n -= throttled
	}
}

// Follow calls changed whenever a pause begins or ends, until ctx ends.
func (t *Throttle) Follow(ctx context.Context, changed func(paused bool)) {
	for told := false; ; {
		paused, _, change := t.pause.state()
		if paused != told {
			told = paused
			changed(paused)
		}
		select {
		case <-change:
		case <-ctx.Done():
			return
		}
	}
}

// neverDies is the Lane of a transfer that has none.
type neverDies struct{ Lane }

// Done returns a channel that is never closed.
func (neverDies) Done() <-chan struct{} { return nil }
