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

// rememberAfter is how long a transfer has to run before it is worth being
// remembered for a process that is started again.
const rememberAfter = 250 * time.Millisecond

// memory leaves, beside what has arrived, what another process of the receiver
// needs to go on with this transfer: sealed with its code.
type memory struct {
	link *link.Link
	code code.Code
	log  *slog.Logger

	cancel  context.CancelFunc // of the goroutine that start began
	running sync.WaitGroup

	kept bool // the folder stays even if nothing has arrived; of Receive's goroutine

	mu   sync.Mutex
	done bool // it is on the disk
}

// start remembers the transfer once it has run for long enough, until stop.
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

// remember says whether the transfer is remembered.
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

// keep makes sure that a transfer which ends on a disk without room can go on with
// the same code. It is false where nothing is kept, or where even what is to be
// remembered finds no room.
func (m *memory) keep(to resumable) bool {
	if to == nil || !m.remember(to) {
		return false
	}
	to.Keep()
	m.kept = true
	return true
}
