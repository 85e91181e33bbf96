package transfer

import (
	"context"
	"sync"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Pause holds back the data of a transfer. Each side can ask for a pause, and data
// flows while neither does. Data that is in flight still arrives. The zero value
// is ready to use; its methods may be called from any goroutine.
type Pause struct {
	changed broadcast.Signal

	mu     sync.Mutex
	local  bool // this side asks for a pause
	remote bool // the peer does
}

// Set asks for a pause, or no longer, on this side.
func (p *Pause) Set(paused bool) { p.set(&p.local, paused) }

func (p *Pause) set(side *bool, paused bool) {
	p.mu.Lock()
	different := *side != paused
	*side = paused
	p.mu.Unlock()
	if different {
		p.changed.Broadcast()
	}
}

// state returns what both sides ask for, and a channel that is closed when that
// changes.
func (p *Pause) state() (local, remote bool, changed <-chan struct{}) {
	changed = p.changed.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.local, p.remote, changed
}

// Paused says whether data is held back, by either side.
func (p *Pause) Paused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.local || p.remote
}

// wait waits until data may flow.
func (p *Pause) wait(ctx context.Context) error {
	for {
		local, remote, changed := p.state()
		if !local && !remote {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin forgets what an earlier process of the peer asked for. It comes before
// the first message of this one is read.
func (p *Pause) begin() { p.set(&p.remote, false) }

// handle takes the peer's message.
func (p *Pause) handle(m []byte) error {
	message, err := wire.ParsePause(m)
	if err != nil {
		return err
	}
	p.set(&p.remote, message.Paused)
	return nil
}

// follow tells the peer what this side asks for, and the observer whether data is
// held back, whenever one of these changes.
func (p *Pause) follow(ctx context.Context, s Session, o Observer) error {
	announced, observed := false, false
	for {
		local, remote, changed := p.state()
		if local != announced {
			announced = local
			if err := s.Send(ctx, wire.Pause{Paused: local}.Append(nil)); err != nil {
				return err
			}
		}
		if paused := local || remote; paused != observed {
			observed = paused
			o.PauseChanged(paused)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
