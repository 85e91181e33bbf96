package transfer

import (
	"context"
	"sync"
)

// Bounds of what is under way at once, on both sides. They, and not the size
// of what is sent, are what memory depends on.
const (
	windowBytes = 32 << 20 // payload sent and not acknowledged
	windowFiles = 8192     // files announced as wanted and not settled
	windowPages = 4        // pages of the manifest sent and not answered
)

// window counts what is under way and makes more wait.
type window struct {
	limit int64
	mu    sync.Mutex
	used  int64
	freed chan struct{} // closed and replaced when something is released
}

func newWindow(limit int64) *window {
	return &window{limit: limit, freed: make(chan struct{})}
}

// acquire waits until n more fit; n over the limit fits when nothing else is
// under way.
func (w *window) acquire(ctx context.Context, n int64) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.mu.Lock()
		if w.used == 0 || w.used+n <= w.limit {
			w.used += n
			w.mu.Unlock()
			return nil
		}
		freed := w.freed
		w.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (w *window) release(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used -= n
	close(w.freed)
	w.freed = make(chan struct{})
}
