package transfer

import (
	"context"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Pause holds a transfer's data back. Each side has its own wish, and data flows
// while neither wishes to pause; what is under way still arrives. The zero value
// is of use, from any goroutine.
type Pause struct {
	mu      sync.Mutex
	here    bool
	there   bool
	changed chan struct{} // closed and replaced when one of the two changes
}

// Set is this side's wish.
func (p *Pause) Set(paused bool) { p.set(&p.here, paused) }

func (p *Pause) set(wish *bool, paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *wish == paused {
		return
	}
	*wish = paused
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// state is both wishes, and a channel that is closed when they change.
func (p *Pause) state() (here, there bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.here, p.there, p.changed
}

// Paused says whether data is held back, by whichever side.
func (p *Pause) Paused() bool {
	here, there, _ := p.state()
	return here || there
}

// wait waits until data may flow.
func (p *Pause) wait(ctx context.Context) error {
	for {
		here, there, changed := p.state()
		if !here && !there {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// take takes in the other side's wish.
func (p *Pause) take(m []byte) error {
	said, err := wire.ParsePause(m)
	if err != nil {
		return err
	}
	p.set(&p.there, said.Paused)
	return nil
}

// follow tells the other side of this one's wish, and the observer of both,
// whenever they change.
func (p *Pause) follow(ctx context.Context, s Session, o Observer) error {
	said, told := false, false
	p.set(&p.there, false) // what a process said that is no more does not count
	for {
		here, there, changed := p.state()
		if here != said {
			said = here
			if err := s.Send(ctx, wire.Pause{Paused: here}.Append(nil)); err != nil {
				return err
			}
		}
		if paused := here || there; paused != told {
			told = paused
			o.Paused(paused)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
