package relay

import (
	"context"
	"sync"
	"time"
)

// A node beats: it tells the store that it is alive. Other nodes may take its rooms
// once its last beat is over. So a node whose beat may be over, because it was
// paused or cannot reach the store, must not admit anybody. When it can beat again it
// must find out which rooms it still has before it trusts its own table.
const (
	beatInterval = time.Second
	beatLife     = 5 * time.Second
	// beatMargin is how much earlier than the store the node itself takes its
	// beat to be over.
	beatMargin = 500 * time.Millisecond
)

// pulse is the state of a node's beat.
type pulse struct {
	mu      sync.Mutex
	until   time.Time // the last beat is good until then
	doubted bool      // others may have taken rooms; see clear
	beats   int       // that had to be doubted
}

// beaten notes a beat that was sent at a time and arrived. alive says whether the
// one before was still there. It reports whether rooms may be lost.
func (p *pulse) beaten(sent time.Time, alive bool) (doubted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !alive || !time.Now().Before(p.until) {
		p.doubted = true
		p.beats++
		doubted = true
	}
	p.until = sent.Add(beatLife - beatMargin)
	return doubted
}

// alive reports whether the node may admit anybody.
func (p *pulse) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until)
}

// doubts returns whether others may have taken rooms, and a number for clear.
func (p *pulse) doubts() (doubted bool, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.doubted, p.beats
}

// clear ends a doubt: since doubts returned n, every room was looked at.
func (p *pulse) clear(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.beats == n {
		p.doubted = false
	}
}

// keepBeating beats until ctx ends.
func (n *node) keepBeating(ctx context.Context) {
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	reachable := true
	for {
		err := n.beat(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err == nil) != reachable {
			reachable = err == nil
			if reachable {
				n.log.Info("the store of rooms is back")
			} else {
				n.log.Warn("the store of rooms cannot be reached; there are no new rooms until it can", "reason", err)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// beat beats once.
func (n *node) beat(ctx context.Context) error {
	sent := time.Now()
	alive, err := n.store.Beat(ctx, n.id, n.address, beatLife)
	if err == nil && n.pulse.beaten(sent, alive) {
		n.changes.all()
	}
	return err
}
