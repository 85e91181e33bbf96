package readahead

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tallow-transfer/tallow/internal/container"
)

// run is a row of chunks of one segment that are requested together.
type run struct {
	next   uint64 // of chunks; the Reader's
	end    uint64
	chunks chan []byte // in order; it has room for all
	err    error       // why chunks was closed early; set before that
	cancel context.CancelFunc
}

// start requests chunks.
func (f *fetcher) start(first, end uint64) *run {
	ctx, cancel := context.WithCancel(f.ctx)
	r := &run{next: first, end: end, chunks: make(chan []byte, end-first), cancel: cancel}
	f.working.Go(func() {
		defer close(r.chunks)
		defer cancel()
		r.err = f.run(ctx, r, first)
	})
	return r
}

// run gives a run its chunks.
func (f *fetcher) run(ctx context.Context, r *run, next uint64) error {
	for {
		err := f.read(ctx, r, &next)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case isContainer(err) || f.o.Retry == nil:
			return err
		}
		if err := f.o.Retry(ctx, err); err != nil {
			return err
		}
	}
}

// isContainer reports whether an error says that what was read is not what was sealed.
func isContainer(err error) bool {
	return errors.Is(err, container.ErrCorrupt) || errors.Is(err, container.ErrTruncated) || errors.Is(err, container.ErrTrailing)
}

// read makes one request, and counts next up with each chunk.
func (f *fetcher) read(ctx context.Context, r *run, next *uint64) error {
	number, _ := f.layout.SegmentOf(*next)
	s := f.segment(number)
	offset := f.layout.Chunk(*next)
	atSalt := offset == f.layout.Salt(number)+container.SaltSize
	if atSalt {
		offset -= container.SaltSize
	} else if err := s.load(ctx, f, number); err != nil {
		return err
	}
	n := f.layout.Chunk(r.end-1) + container.SealedChunk - offset
	body, err := f.ranges.Open(ctx, offset, n)
	if err != nil {
		return err
	}
	defer body.Close()
	if atSalt {
		if err := s.read(f, body); err != nil {
			return err
		}
	}
	opener := s.get()
	sealed := make([]byte, container.SealedChunk)
	for *next < r.end {
		if _, err := io.ReadFull(body, sealed); err != nil {
			return broken(err)
		}
		chunk, err := opener.Open(f.buffer(), *next, sealed)
		if err != nil {
			return err
		}
		if f.o.Opened != nil {
			f.o.Opened()
		}
		r.chunks <- chunk
		*next++
	}
	return nil
}

// broken is the error of a range that ends too early: io.EOF would say that all is well.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// keptSegments bounds how many segments are remembered.
const keptSegments = 8

// segment returns what is known of a segment.
func (f *fetcher) segment(number uint64) *segment {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.segments[number]
	if !ok {
		if len(f.segments) >= keptSegments {
			clear(f.segments)
		}
		s = &segment{loading: make(chan struct{}, 1)}
		f.segments[number] = s
	}
	return s
}

// segment is what is known of a segment.
type segment struct {
	loading chan struct{} // has room for one: who requests the salt, for all

	mu     sync.Mutex
	opener *container.Opener // nil if the salt is not known
}

func (s *segment) get() *container.Opener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opener
}

// load requests the salt, unless it is known.
func (s *segment) load(ctx context.Context, f *fetcher, number uint64) error {
	select {
	case s.loading <- struct{}{}:
		defer func() { <-s.loading }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.get() != nil {
		return nil
	}
	body, err := f.ranges.Open(ctx, f.layout.Salt(number), container.SaltSize)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.read(f, body)
}

// read reads the salt.
func (s *segment) read(f *fetcher, body io.Reader) error {
	var salt [container.SaltSize]byte
	if _, err := io.ReadFull(body, salt[:]); err != nil {
		return broken(err)
	}
	opener, err := f.keys.Opener(f.layout, salt[:])
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opener = opener
	return nil
}
