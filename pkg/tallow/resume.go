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
	"github.com/tallow-transfer/tallow/internal/vault"
)

const (
	// rememberAfter is how long a receiver that asks nobody is connected before its
	// state for another process is sealed and stored. The shortest transfers are
	// spared the cost.
	rememberAfter = 250 * time.Millisecond

	// sealAfter is how long after that the state is sealed anew with the code alone,
	// which takes a tenth of a second of a processor.
	sealAfter = 5 * time.Second
)

// memory stores what another process of the receiver needs to come back to this
// sender. At first it is sealed with the key of this machine, in the client's folder
// of state. A transfer that takes longer has it sealed with the code alone: in that
// folder, where the key is no protection, and beside the files once there are any,
// where it outlives the folder and the lifetime of a meeting.
type memory struct {
	meetings *vault.Meetings // nil: there is no folder of state
	log      *slog.Logger
	seal     func() ([]byte, error) // by Link.Seal, once
	quick    func() ([]byte, error) // by Link.SealOnMachine

	cancel  context.CancelFunc // of the goroutine of start
	running sync.WaitGroup

	kept bool // the state stays after the end; owned by Receive's goroutine

	mu      sync.Mutex
	meeting *vault.Meeting // the state in the client's folder, or nil
	whole   bool           // that is sealed with the code alone
	files   resumable      // where the files are, or nil
	due     bool           // it was time to seal it so, wherever that was possible
	done    bool           // the state is beside the files
}

func newMemory(l *link.Link, k code.Code, meetings *vault.Meetings, log *slog.Logger) *memory {
	return &memory{
		meetings: meetings, log: log,
		seal:  sync.OnceValues(func() ([]byte, error) { return l.Seal(k) }),
		quick: func() ([]byte, error) { return l.SealOnMachine(k) },
	}
}

// start remembers the sender after a delay, and for longer after sealAfter, unless
// stop is called first.
func (m *memory) start(ctx context.Context, delay time.Duration) {
	ctx, m.cancel = context.WithCancel(ctx)
	m.running.Go(func() {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		for _, remember := range []func(){m.rememberHere, func() { m.remember() }} {
			select {
			case <-timer.C:
				remember()
				timer.Reset(sealAfter)
			case <-ctx.Done():
				return
			}
		}
	})
}

// before returns a verify function that remembers the sender before it asks.
func (m *memory) before(verify verifyFunc) verifyFunc {
	if verify == nil {
		return nil
	}
	return func(ctx context.Context, words []string) (bool, error) {
		m.rememberHere()
		return verify(ctx, words)
	}
}

// begun says where the files are from now on.
func (m *memory) begun(files resumable) {
	m.mu.Lock()
	m.files = files
	due := m.due
	m.mu.Unlock()
	if due {
		m.remember()
	}
}

// stop ends the goroutine of start and, unless keep was called, forgets the sender.
func (m *memory) stop() {
	m.cancel()
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.meeting == nil {
		return
	}
	end := m.meeting.Forget
	if m.kept {
		end = m.meeting.Close
	}
	if err := end(); err != nil {
		m.log.Debug("the state of a meeting is left", "reason", err)
	}
}

// rememberHere stores the state for another process on this machine, unless it is
// stored already. It takes no time, but where there is no key of this machine.
func (m *memory) rememberHere() {
	m.mu.Lock()
	stored := m.meeting != nil
	m.mu.Unlock()
	if stored {
		return
	}
	sealed, err := m.quick()
	if err != nil || m.meetings == nil {
		m.log.Debug("the state is sealed with the code alone", "reason", err)
		m.remember()
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.meeting == nil {
		m.store(sealed)
	}
}

// store keeps a sealed state in the client's folder, in place of an earlier one. m.mu
// is held.
func (m *memory) store(sealed []byte) {
	var err error
	if m.meeting == nil {
		m.meeting, err = m.meetings.Add(sealed)
	} else {
		m.meeting, err = m.meetings.Replace(m.meeting, sealed)
	}
	if err != nil {
		m.log.Debug("cannot remember the sender", "reason", err)
	}
}

// remember stores the state, sealed with the code alone, wherever it can be stored
// now. It returns false if that is nowhere.
func (m *memory) remember() bool {
	sealed, err := m.seal()
	if err != nil {
		m.log.Debug("this transfer cannot be resumed with the same code", "reason", err)
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = true
	if m.meetings != nil && !m.whole {
		m.store(sealed)
		m.whole = m.meeting != nil
	}
	if m.files != nil && !m.done {
		err := m.files.Remember(sealed)
		if err != nil && !errors.Is(err, os.ErrClosed) {
			m.log.Debug("cannot remember the sender beside the files", "reason", err)
		}
		m.done = err == nil
	}
	return m.done || m.meeting != nil
}

// keep makes sure that a receiver that ends because of its disk can come back with
// the same code. It returns false if nothing can be stored.
func (m *memory) keep(files resumable) bool {
	m.mu.Lock()
	m.files = files
	m.mu.Unlock()
	if !m.remember() {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		files.Keep()
	}
	m.kept = true
	return true
}

// reconnect connects to the sender of a transfer that an earlier process of this
// receiver began with the same code. Error: link.ErrNothingToResume, or that of ctx.
func (c *Client) reconnect(ctx context.Context, o ReceiveOptions, k code.Code) (*link.Peer, error) {
	var states [][]byte
	if c.meetings != nil {
		states = c.meetings.Sealed()
	}
	met := len(states)
	if o.keeps() {
		states = append(states, o.remembered(ctx)...)
	}
	peer, used, err := link.Redial(ctx, c.link, k, states)
	if err == nil && used < met {
		if err := c.meetings.Forget(states[used]); err != nil {
			c.log.Debug("the state of a meeting is left", "reason", err)
		}
	}
	return peer, err
}
