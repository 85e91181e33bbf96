package tallow

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/vault"
)

// rememberAfter is how long a transfer has to run before it is worth being
// remembered for a process that is started again.
const rememberAfter = 250 * time.Millisecond

// memory leaves, beside what has arrived, what another process needs to go on with
// this transfer: sealed with its code. recall.go finds it.
type memory struct {
	link  *link
	code  code.Code
	relay string

	kept bool // the folder stays even if nothing has arrived; of Receive's goroutine

	mu   sync.Mutex
	done bool // it is on the disk
}

// rememberLater remembers a transfer once it has run for long enough.
func (m *memory) rememberLater(ctx context.Context, folder *disk.Folder) {
	timer := time.NewTimer(rememberAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		m.remember(folder)
	case <-ctx.Done():
	}
}

// remember says whether the transfer is remembered.
func (m *memory) remember(folder *disk.Folder) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return true
	}
	p := m.link.again.params
	sealed, err := vault.SealResume(m.code.Secret(), m.code.Nameplate, vault.ResumeState{Secret: p.Secret, Room: p.Room, Relay: m.relay})
	if err == nil {
		err = folder.Remember(sealed)
	}
	if err != nil && !errors.Is(err, os.ErrClosed) {
		m.link.client.log.Debug("this transfer cannot be resumed with the same code", "reason", err)
	}
	m.done = err == nil
	return m.done
}

// keep makes sure that a transfer which ends on a disk without room can go on with
// the same code. It is false where nothing is kept, or where even what is to be
// remembered finds no room.
func (m *memory) keep(folder *disk.Folder) bool {
	if folder == nil || !m.remember(folder) {
		return false
	}
	folder.Keep()
	m.kept = true
	return true
}

// withoutMemory is the end by a disk without room after which the same code is of
// no use. Other errors stay as they are.
func withoutMemory(err error) error {
	var full transfer.Full
	if !errors.As(err, &full) {
		return err
	}
	return &Error{Kind: KindIO, Message: full.Error(), Hint: "Make room. " + hintResume, Err: err}
}
