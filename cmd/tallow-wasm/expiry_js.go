package main

import (
	"sync"
	"time"
)

// expiry lists what is kept when something of it is due to be deleted, so that a page
// that stays open shows it no longer than it is there.
type expiry struct {
	list func()

	mu    sync.Mutex
	timer *time.Timer
	next  time.Time // zero if nothing is due
}

// listBy has everything listed at a time, or earlier. The zero time asks for nothing.
func (e *expiry) listBy(at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at.IsZero() || !e.next.IsZero() && !at.Before(e.next) {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.next = at
	e.timer = time.AfterFunc(time.Until(at), func() {
		e.mu.Lock()
		e.next = time.Time{}
		e.mu.Unlock()
		e.list()
	})
}
