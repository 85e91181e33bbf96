package stored

import (
	"errors"
	"io"
	"sync/atomic"
)

// arrival is a part that is being put: a reader of its body, until it is replaced.
type arrival struct {
	body     io.Reader
	size     int64
	replaced atomic.Bool // by another that is the same part
}

// arrive notes that a part is being put, in place of one of the same number.
func (s *Service) arrive(id ID, number int, body io.Reader, size int64) *arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrives[id] == nil {
		s.arrives[id] = make(map[int]*arrival)
	}
	if earlier := s.arrives[id][number]; earlier != nil {
		earlier.replaced.Store(true)
		_ = earlier.Close() // if it cannot be closed, it ends with its next read
	}
	a := &arrival{body: body, size: size}
	s.arrives[id][number] = a
	return a
}

// arrived notes that a part is not being put any more.
func (s *Service) arrived(id ID, number int, a *arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrives[id][number] != a {
		return
	}
	if delete(s.arrives[id], number); len(s.arrives[id]) == 0 {
		delete(s.arrives, id)
	}
}

// total returns how many bytes a transfer has once everything that is being put is
// there. A part counts once, whether it is there, is being put, or both.
func (s *Service) total(id ID, parts []Part) (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.arrives[id] {
		n += a.size
	}
	for _, p := range parts {
		if s.arrives[id][p.Number] == nil {
			n += p.Size
		}
	}
	return n
}

// Read reads from the part.
func (a *arrival) Read(p []byte) (int, error) {
	if a.replaced.Load() {
		return 0, ErrInvalid
	}
	n, err := a.body.Read(p)
	if err != nil && a.replaced.Load() {
		err = ErrInvalid
	}
	return n, err
}

// Close ends a Read that waits. The error says that the body cannot do that.
func (a *arrival) Close() error {
	if closer, ok := a.body.(io.Closer); ok {
		return closer.Close()
	}
	return errors.ErrUnsupported
}
