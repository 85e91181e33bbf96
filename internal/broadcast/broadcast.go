// Package broadcast wakes every goroutine that waits for a change. It is a
// sync.Cond that can be waited for in a select, together with a context or a
// timer. Start with [Signal].
package broadcast

import "sync"

// Signal announces changes to any number of waiting goroutines. The zero value
// is ready to use. Its methods may be called from any goroutine.
//
// A waiter takes the channel before it looks at the state, so that no change
// between the two is missed:
//
//	for {
//		changed := signal.Wait()
//		if done() {
//			return
//		}
//		select {
//		case <-changed:
//		case <-ctx.Done():
//		}
//	}
type Signal struct {
	mu sync.Mutex
	ch chan struct{} // closed by the next Broadcast; nil while nobody waits
}

// Wait returns a channel that is closed by the next call of Broadcast.
func (s *Signal) Wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// Broadcast wakes everyone who holds a channel from Wait.
func (s *Signal) Broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
