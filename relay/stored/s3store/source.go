package s3store

import (
	"errors"
	"io"
	"sync"
	"time"
)

// source is the body of a part, as the HTTP client reads it. It remembers why it broke
// off, since the client says that in its own words. It tells if S3 takes no more of it.
type source struct {
	r        io.Reader
	rest     int64 // of the HTTP client, which reads one after the other
	patience time.Duration
	stalled  *time.Timer // from one read to the next one

	reading chan struct{} // has room for one: who reads r
	close   func() error  // of r, which ends a read that waits; an error says that it does not

	mu      sync.Mutex
	stopped bool
	whole   bool // all of it was read
	err     error
}

// newSource returns the first size bytes of r. onStall is called once the time from one
// read to the next one is longer than patience.
func newSource(r io.Reader, size int64, patience time.Duration, onStall func()) *source {
	s := &source{r: r, rest: size, patience: patience, stalled: time.AfterFunc(patience, onStall), reading: make(chan struct{}, 1)}
	s.stalled.Stop()
	s.close = func() error { return errors.ErrUnsupported }
	if closer, ok := r.(io.Closer); ok {
		s.close = sync.OnceValue(closer.Close)
	}
	return s
}

// errStopped is the error of a read after stop.
var errStopped = errors.New("nobody reads the part any more")

// Read reads from the body.
func (s *source) Read(p []byte) (int, error) {
	s.reading <- struct{}{}
	defer func() { <-s.reading }()
	if err := s.ended(); err != nil {
		return 0, err
	}
	if s.rest == 0 {
		return 0, io.EOF
	}
	s.stalled.Stop()
	n, err := s.r.Read(p[:min(int64(len(p)), s.rest)])
	s.rest -= int64(n)
	if errors.Is(err, io.EOF) {
		if err = nil; s.rest > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, s.hasRead(err)
}

// ended returns why nothing is read any more, or nil.
func (s *source) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errStopped
	}
	return s.err
}

// hasRead notes what a read has returned.
func (s *source) hasRead(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return errStopped
	case err != nil:
		s.err = err
	case s.rest == 0: // from here on the time of the answer counts
		s.whole = true
	default:
		s.stalled.Reset(s.patience)
	}
	return err
}

// stop ends the reading. If the body can be closed, a read that waits is ended by that,
// and none is left when stop returns.
func (s *source) stop() {
	s.mu.Lock()
	s.stopped = true
	whole := s.whole
	s.stalled.Stop()
	s.mu.Unlock()
	if whole || s.close() != nil {
		return
	}
	s.reading <- struct{}{} // once that read has returned
	<-s.reading
}

// Close does nothing. The HTTP client calls it when it has given up, which may be later
// than stop.
func (s *source) Close() error { return nil }

// failure returns why the body broke off, and nil if it did not.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
