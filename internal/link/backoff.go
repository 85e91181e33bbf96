package link

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// pauses are the waits between attempts at something that may fail for long:
// each about twice as long as the one before, and a little at random, so that
// many peers do not come back to a relay in one moment.
type pauses struct{ *backoff.ExponentialBackOff }

func newPauses(first, latest time.Duration) pauses {
	return pauses{&backoff.ExponentialBackOff{
		InitialInterval: first, MaxInterval: latest, Multiplier: 2, RandomizationFactor: 0.2,
	}}
}

// wait waits for the next pause to pass, or until wake is closed. The error is
// ctx's cause.
func (p pauses) wait(ctx context.Context, wake <-chan struct{}) error {
	timer := time.NewTimer(p.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
