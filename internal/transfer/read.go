package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// reader distributes the wanted files to workers, which read, hash and queue them:
// large files and streams by block (readfile.go), small files by the record that
// they share (readpack.go). It acquires room in the windows in the order of the
// manifest, so that what is in flight is bounded and close together.
type reader struct {
	*sender
	jobs chan func(context.Context)
	pack *pack // that is being filled; nil if there is none
}

// read reads the wanted files of every page.
func (s *sender) read(ctx context.Context) error {
	r := &reader{sender: s, jobs: make(chan func(context.Context))}
	var working sync.WaitGroup
	for range workers() {
		working.Go(func() {
			for job := range r.jobs {
				job(ctx)
			}
		})
	}
	err := r.pages(ctx)
	close(r.jobs)
	working.Wait()
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allRead = true
	s.finishIfDone()
	return nil
}

// pages distributes the files of all pages.
func (r *reader) pages(ctx context.Context) error {
	for {
		p, err := r.nextPage(ctx)
		if p == nil || err != nil {
			return err
		}
		for i, it := range p.items {
			number := p.first + uint64(i)
			if skip, ok := p.skips[number]; ok {
				r.skip(it.Entry, skip)
				continue
			}
			switch {
			case it.Kind == files.KindFile && it.Size <= packLimit:
				err = r.small(ctx, number, it)
			case it.Kind == files.KindFile, it.Kind == files.KindStream:
				err = r.large(ctx, number, it)
			}
			if err != nil {
				return err
			}
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
}

// nextPage waits for the next page and its answer. It returns nil after the last
// one.
func (s *sender) nextPage(ctx context.Context) (*page, error) {
	select {
	case p := <-s.pages:
		if p == nil {
			return nil, nil
		}
		select {
		case <-p.answered:
			return p, nil
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return nil, context.Cause(ctx)
}

// do gives a job to the next free worker. The error is ctx's cause.
func (r *reader) do(ctx context.Context, job func(context.Context)) error {
	select {
	case r.jobs <- job:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin acquires room for a file in the window of files. The error is ctx's cause.
func (r *reader) begin(ctx context.Context, number uint64, it files.Item) error {
	if err := r.files.acquire(ctx, 1); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted[number] = &outgoing{path: it.Path, kind: it.Kind, size: it.Size}
	return nil
}

// isWanted says whether the peer still wants a file.
func (s *sender) isWanted(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[number] != nil
}

// peerHas returns the blocks of a file that the peer has.
func (s *sender) peerHas(number uint64) blockHashes {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have[number]
}

// getBuffer waits until the window has room for n bytes and returns a buffer for
// them. The error is ctx's cause.
func (s *sender) getBuffer(ctx context.Context, n int) (*[]byte, error) {
	if err := s.bytes.acquire(ctx, sizeFor(n)); err != nil {
		return nil, err
	}
	return s.bufs.get(n), nil
}

// returnBuffer is the inverse of getBuffer.
func (s *sender) returnBuffer(buf *[]byte) {
	n := s.bufs.size(buf)
	s.bufs.put(buf)
	s.bytes.release(n)
}

// endFiles notes how reading files ended, and has the peer told.
func (s *sender) endFiles(ends ...wire.FileEnd) {
	var failed []*outgoing
	s.mu.Lock()
	for i := range ends {
		out := s.wanted[ends[i].File]
		if out == nil { // the peer has already given the file up
			continue
		}
		out.end = &ends[i]
		if ends[i].Outcome != wire.OutcomeOK {
			failed = append(failed, out)
		}
	}
	s.mu.Unlock()
	for _, out := range failed {
		s.failed(out.path, out.end.Outcome, failureText(*out.end))
	}
	s.ends.add(ends)
}

// The errors of a file whose content is not as long as was announced.
var (
	errShort = errors.New("it became shorter while it was read: send it as a stream")
	errGrew  = errors.New("it grew while it was read: send it as a stream")
)

// checkEnd returns an error unless a file ends at size.
func checkEnd(f files.SourceFile, size int64) error {
	var b [1]byte
	switch n, err := f.ReadAt(b[:], size); {
	case n > 0:
		return errGrew
	case err == io.EOF:
		return nil
	default:
		return err
	}
}

// endFailed returns the end of a file that could not be read.
func endFailed(number uint64, err error) wire.FileEnd {
	outcome := wire.OutcomeUnreadable
	if errors.Is(err, errShort) || errors.Is(err, errGrew) {
		outcome = wire.OutcomeChanged
	}
	return wire.FileEnd{File: number, Outcome: outcome, Reason: manifest.ReasonText(err)}
}

// endRead returns the end of a file that was read completely. It is a failure if
// the file changed meanwhile.
func endRead(number uint64, f files.SourceFile, size int64, root files.Hash) wire.FileEnd {
	if err := f.Changed(); err != nil {
		return wire.FileEnd{File: number, Outcome: wire.OutcomeChanged, Reason: manifest.ReasonText(err)}
	}
	return wire.FileEnd{File: number, Size: size, Root: root}
}

// failureText says why a file could not be sent. The reason of a change says that
// it is one.
func failureText(end wire.FileEnd) string {
	if end.Outcome == wire.OutcomeChanged {
		return end.Reason
	}
	return fmt.Sprintf("%v: %s", end.Outcome, end.Reason)
}

// skip counts and reports an entry that the peer does not take.
func (r *reader) skip(e files.Entry, skip wire.Skip) {
	outcome := wire.OutcomeSkipped
	if skip.Kept {
		outcome = wire.OutcomeKept
	}
	r.o.Progress.without(e)
	r.failed(e.Path, outcome, skip.Reason)
}
