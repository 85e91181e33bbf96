package destination

import (
	"path"
	"sync"
)

// location is where a file goes. A conflict may change it until the commit.
type location struct {
	mu      sync.Mutex
	path    string // relative to the destination
	renamed bool   // path is not the sender's, because of a conflict
	replace bool   // what is at path may be replaced, as the policy or the user said
}

// get returns all of it.
func (l *location) get() (path string, renamed, replace bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path, l.renamed, l.replace
}

func (l *location) set(path string, renamed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.path, l.renamed = path, renamed
}

// move follows a decision.
func (l *location) move(d decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.path, l.renamed, l.replace = path.Join(path.Dir(l.path), d.name), d.renamed, d.replace
}
