package tallow

import (
	"context"
	"sync"
	"time"
)

// progressInterval: at most ten events a second.
const progressInterval = 100 * time.Millisecond

// reportProgress tells the progress, whenever it has changed, until it is
// stopped or ctx ends. To stop waits for its goroutine.
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
				if p := t.progressAt(now, &rate); p != last && (p.Received+p.Files > 0 || p.Rate > 0) {
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

// progressAt is the progress now.
func (t *transferRun) progressAt(now time.Time, rate *speed) ProgressEvent {
	p := ProgressEvent{
		Bytes: t.progress.Bytes.Load(), Received: t.progress.Received(),
		Total: t.progress.Total.Load(), Files: t.progress.Files.Load(),
	}
	p.Rate = rate.of(sample{now, p.Received, t.progress.SentTotal()}, t.progress.Limit.Load())
	return p
}

// remaining is how many bytes are still to be verified and written, 0 if that is
// not known.
func (t *transferRun) remaining() int64 {
	return max(t.progress.Total.Load()-t.progress.Bytes.Load(), 0)
}
