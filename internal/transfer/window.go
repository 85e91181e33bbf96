package transfer

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// Bounds of what is in flight at once, on both sides. Memory depends on them and
// not on the size of what is sent.
const (
	windowBytes = 32 << 20 // of buffers: read, and not yet acknowledged
	windowFiles = 8192     // files that are wanted and not settled
	windowPages = 4        // pages of the manifest that are sent and not answered
)

// window bounds what is in flight.
type window struct{ free *semaphore.Weighted }

func newWindow(limit int64) window { return window{semaphore.NewWeighted(limit)} }

// acquire waits until there is room for n, which must not be more than the
// window's limit. The error is ctx's cause.
func (w window) acquire(ctx context.Context, n int64) error {
	if err := w.free.Acquire(ctx, n); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (w window) release(n int64) { w.free.Release(n) }
