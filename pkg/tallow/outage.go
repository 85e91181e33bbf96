package tallow

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

// The intervals between attempts to reach a store: the time that it has been away for,
// within these.
const (
	outageFirst   = 250 * time.Millisecond
	outageLongest = 10 * time.Second
)

// outage waits while a store cannot be reached, and tells that. Several goroutines may
// wait at a time.
type outage struct {
	run      *transferRun
	patience time.Duration // 0: DefaultReconnectTimeout

	mu       sync.Mutex
	since    time.Time // zero: there is none
	attempts int
}

// wait waits before another attempt after err. It returns err if there is to be none,
// or ctx's cause.
func (o *outage) wait(ctx context.Context, err error) error {
	least, ok := storeclient.Passing(err)
	if !ok || ctx.Err() != nil {
		return err
	}
	interval, ok := o.next(least)
	if !ok {
		return err
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// next returns how long to wait; false if it has been too long.
func (o *outage) next(least time.Duration) (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if o.since.IsZero() {
		o.since, o.attempts = now, 0
		o.run.changeState(transfer.EventConnectionLost, "")
	}
	away := now.Sub(o.since)
	interval := max(min(max(away, outageFirst), outageLongest), least)
	interval += time.Duration(rand.Int64N(int64(interval)/4 + 1)) // so that not all come back at once
	if away+interval > cmp.Or(o.patience, DefaultReconnectTimeout) {
		return 0, false
	}
	o.attempts++
	o.run.tell(StallEvent{Reason: StallStoreAway, Attempt: o.attempts})
	return interval, true
}

// over says that the store is there.
func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		return
	}
	o.since = time.Time{}
	o.run.changeState(transfer.EventPeerAuthenticated, "")
	if o.run.pause.Paused() {
		o.run.changeState(transfer.EventPaused, "")
	}
}

// try makes a call until it succeeds, or fails with an error that again does not say is
// worth another attempt.
func (o *outage) try(ctx context.Context, again func(error) bool, call func() error) error {
	for {
		err := call()
		if err == nil {
			o.over()
			return nil
		}
		if !again(err) {
			return err
		}
		if err := o.wait(ctx, err); err != nil {
			return err
		}
	}
}

// passing reports whether an error may be over after a while.
func passing(err error) bool {
	_, ok := storeclient.Passing(err)
	return ok
}

// refusedForNow reports whether a store that was reached asks to come again later.
func refusedForNow(err error) bool {
	return storeclient.Refused(err, storeclient.Rate)
}

// mayHaveArrived reports whether a request with this error may have been carried out.
func mayHaveArrived(err error) bool {
	var refused *storeclient.Error
	return !errors.As(err, &refused)
}
