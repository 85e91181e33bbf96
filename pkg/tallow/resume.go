package tallow

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
)

// rememberAfter is how long a transfer runs before its state for another process
// is sealed and stored. Short transfers are spared the cost.
const rememberAfter = 250 * time.Millisecond

// memory stores, beside the files that have arrived, what another process of the
// receiver needs to resume this transfer, sealed with the code.
type memory struct {
	link *link.Link
	code code.Code
	log  *slog.Logger

	cancel  context.CancelFunc // of the goroutine of start
	running sync.WaitGroup

	kept bool // the folder stays even if nothing has arrived; owned by Receive's goroutine

	mu   sync.Mutex
	done bool // the state is on the disk
}

// start remembers the transfer after rememberAfter, unless stop is called first.
func (m *memory) start(ctx context.Context, to resumable) {
	ctx, m.cancel = context.WithCancel(ctx)
	m.running.Go(func() {
		timer := time.NewTimer(rememberAfter)
		defer timer.Stop()
		select {
		case <-timer.C:
			m.remember(to)
		case <-ctx.Done():
		}
	})
}

func (m *memory) stop() {
	if m.cancel != nil {
		m.cancel()
	}
	m.running.Wait()
}

// remember stores the state, unless that is done. It reports whether the state is
// stored.
func (m *memory) remember(to resumable) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return true
	}
	sealed, err := m.link.Seal(m.code)
	if err == nil {
		err = to.Remember(sealed)
	}
	if err != nil && !errors.Is(err, os.ErrClosed) {
		m.log.Debug("this transfer cannot be resumed with the same code", "reason", err)
	}
	m.done = err == nil
	return m.done
}

// keep makes sure that a transfer that ends because the disk is full can resume
// with the same code. It returns false if nothing is kept, or if there is not even
// space for the state.
func (m *memory) keep(to resumable) bool {
	if to == nil || !m.remember(to) {
		return false
	}
	to.Keep()
	m.kept = true
	return true
}
