package relay

import "sync"

// roomRef names a room: by its nameplate, or a resume room by its id.
type roomRef struct {
	nameplate string
	id        [16]byte
}

// roomLocks lets one goroutine at a time decide about a room. The zero value is
// ready for use.
type roomLocks struct {
	mu    sync.Mutex
	locks map[roomRef]*roomLock
}

type roomLock struct {
	mu    sync.Mutex
	users int // that have it or wait for it
}

// lock waits for its turn, and returns what ends it.
func (l *roomLocks) lock(ref roomRef) (unlock func()) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = make(map[roomRef]*roomLock)
	}
	k := l.locks[ref]
	if k == nil {
		k = &roomLock{}
		l.locks[ref] = k
	}
	k.users++
	l.mu.Unlock()
	k.mu.Lock()
	return func() {
		k.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.users--; k.users == 0 {
			delete(l.locks, ref)
		}
	}
}
