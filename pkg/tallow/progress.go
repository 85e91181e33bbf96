package tallow

import (
	"context"
	"slices"
	"sync"
	"time"
)

// progressInterval is the shortest time between two ProgressEvents.
const progressInterval = 100 * time.Millisecond

// reportProgress sends ProgressEvents, whenever there is progress, until stop is
// called or ctx ends. stop waits for the goroutine.
func (t *transferRun) reportProgress(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var reporter sync.WaitGroup
	reporter.Go(func() {
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		var rate speed
		var last ProgressEvent
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				if p := t.progressAt(now, &rate); !p.equal(last) && (p.Received+p.Files > 0 || p.Rate > 0) {
					last = p
					t.tell(p)
				}
			}
		}
	})
	return func() {
		cancel()
		reporter.Wait()
	}
}

// equal reports whether two events say the same.
func (e ProgressEvent) equal(other ProgressEvent) bool {
	return e.Bytes == other.Bytes && e.There == other.There && e.Received == other.Received && e.Total == other.Total && e.Files == other.Files &&
		e.Rate == other.Rate && slices.Equal(e.Underway, other.Underway)
}

// shownUnderway bounds the files in a ProgressEvent.
const shownUnderway = 8

// progressAt returns the progress now.
func (t *transferRun) progressAt(now time.Time, rate *speed) ProgressEvent {
	p := ProgressEvent{
		There: t.progress.There.Load(), // before Bytes, which it is a part of
		Bytes: t.progress.Bytes.Load(), Received: t.progress.Received(),
		Total: t.progress.Total.Load(), Files: t.progress.Files.Load(),
	}
	for _, f := range t.progress.Underway(shownUnderway) {
		p.Underway = append(p.Underway, FileProgress(f))
	}
	p.Rate = rate.of(sample{now, p.Received, t.progress.SentTotal()}, t.progress.Limit.Load())
	return p
}

// remaining returns how many bytes are still to be verified and written, 0 if
// unknown.
func (t *transferRun) remaining() int64 {
	return max(t.progress.Total.Load()-t.progress.Bytes.Load(), 0)
}
