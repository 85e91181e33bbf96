package link

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// retry holds the intervals between attempts: they double from the first one to
// a maximum. Each is randomized by 20 %, so that many peers of a relay that
// restarts do not all reconnect at once.
type retry struct{ *backoff.ExponentialBackOff }

func newRetry(first, longest time.Duration) retry {
	return retry{&backoff.ExponentialBackOff{
		InitialInterval: first, MaxInterval: longest, Multiplier: 2, RandomizationFactor: 0.2,
	}}
}

// wait waits for the next interval to pass, or until wake is closed. The error
// is ctx's cause.
func (r retry) wait(ctx context.Context, wake <-chan struct{}) error {
	return pause(ctx, r.NextBackOff(), wake)
}

// waitAtLeast waits for the next interval to pass, or for least if that is longer.
func (r retry) waitAtLeast(ctx context.Context, least time.Duration) error {
	return pause(ctx, max(r.NextBackOff(), least), nil)
}

// pause waits for d to pass, or until wake is closed. The error is ctx's cause.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
