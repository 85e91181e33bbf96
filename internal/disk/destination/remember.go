package destination

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

var errNotBegun = errors.New("the transfer has not begun or is over")

// resumeMemory decides whether what a transfer leaves on the disk is kept for
// another process, and has the journal remember how that one can connect.
type resumeMemory struct {
	*tree
	worth atomic.Bool // there is something that is worth resuming

	mu   sync.Mutex // held while the partial folder must not be closed
	open bool       // the partial folder is
}

// keep says that there is something that is worth resuming.
func (m *resumeMemory) keep() {
	if !m.worth.Load() {
		m.worth.Store(true)
	}
}

// begin says that the partial folder is open.
func (m *resumeMemory) begin(worth bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = true
	m.worth.Store(worth)
}

// isOpen reports whether the partial folder is open.
func (m *resumeMemory) isOpen() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

// remember adds a blob to the journal and waits until it is durable.
func (m *resumeMemory) remember(blob []byte) error {
	if len(blob) == 0 || len(blob) > journal.MaxSealed {
		return fmt.Errorf("%d bytes cannot be remembered: it takes 1 to %d", len(blob), journal.MaxSealed)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.open {
		return errNotBegun
	}
	j := m.partial.Journal
	j.Add(journal.Sealed{Blob: blob})
	if err := j.Flush(); err != nil {
		return m.writeError(err)
	}
	if err := j.File().Sync(); err != nil {
		return m.writeError(err)
	}
	// The names of the journal and of its folder have to survive as well.
	dir, err := descriptors.Open(m.ctx, func() (*os.File, error) { return m.root.Open(".") })
	if err != nil {
		return m.writeError(err)
	}
	defer dir.Close()
	osfs.SyncDir(m.partial.File)
	osfs.SyncDir(dir)
	return m.writeError(osfs.SyncFilesystem(dir))
}

// leave closes the partial folder, or removes it. closeAll is called before.
func (m *resumeMemory) leave(remove bool, closeAll func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = false
	err := closeAll()
	if remove {
		return errors.Join(err, m.partial.Remove())
	}
	return errors.Join(err, m.partial.Close())
}
