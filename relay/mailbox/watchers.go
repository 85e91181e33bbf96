package mailbox

import (
	"slices"
	"sync"
)

// watchers are those that wait for messages here.
type watchers struct {
	most int // slots that may be watched by all together

	mu    sync.Mutex
	byKey map[Key][]*watcher
	all   map[*watcher]struct{}
	slots int
}

// watcher waits for a message under one of its keys.
type watcher struct {
	keys  []Key
	woken chan struct{} // has one element once something may have come
}

func newWatchers(most int) *watchers {
	return &watchers{most: most, byKey: make(map[Key][]*watcher), all: make(map[*watcher]struct{})}
}

// add adds a watcher, or returns nil if too many slots are watched. It has to be removed.
func (s *watchers) add(keys []Key) *watcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots+len(keys) > s.most {
		return nil
	}
	w := &watcher{keys: keys, woken: make(chan struct{}, 1)}
	s.slots += len(keys)
	s.all[w] = struct{}{}
	for _, key := range keys {
		s.byKey[key] = append(s.byKey[key], w)
	}
	return w
}

func (s *watchers) remove(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots -= len(w.keys)
	delete(s.all, w)
	for _, key := range w.keys {
		left := slices.DeleteFunc(s.byKey[key], func(other *watcher) bool { return other == w })
		if s.byKey[key] = left; len(left) == 0 {
			delete(s.byKey, key)
		}
	}
}

// wake wakes those that wait for a key.
func (s *watchers) wake(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.byKey[key] {
		w.wake()
	}
}

// wakeAll wakes all, after something may have been missed.
func (s *watchers) wakeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.all {
		w.wake()
	}
}

func (w *watcher) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// count returns how many wait.
func (s *watchers) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}
