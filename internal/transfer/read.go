package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// reader hands the wanted files to goroutines that read, hash and queue them:
// large files and streams block by block (readfile.go), small files by the
// record that they share (readpack.go). It takes their part of the windows in
// the manifest's order, so what is under way stays bounded and close together.
type reader struct {
	*sender
	jobs chan func(context.Context)
	pack *pack // that is being filled
}

// read reads the wanted files of every page.
func (s *sender) read(ctx context.Context) error {
	r := &reader{sender: s, jobs: make(chan func(context.Context))}
	var crew sync.WaitGroup
	for range workers() {
		crew.Go(func() {
			for job := range r.jobs {
				job(ctx)
			}
		})
	}
	err := r.pages(ctx)
	close(r.jobs)
	crew.Wait()
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

// pages hands out the files of all pages.
func (r *reader) pages(ctx context.Context) error {
	for {
		p, err := r.nextPage(ctx)
		if p == nil || err != nil {
			return err
		}
		for i, it := range p.items {
			number := p.first + uint64(i)
			if reason, skip := p.skips[number]; skip {
				r.failed(it.Path, wire.OutcomeSkipped, reason)
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

// nextPage waits for the next page and for the answer to it; nil after the last.
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

// do has a job done by the next reader that is free. The error is ctx's.
func (r *reader) do(ctx context.Context, job func(context.Context)) error {
	select {
	case r.jobs <- job:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin makes a file one that is under way. The error is ctx's.
func (r *reader) begin(ctx context.Context, number uint64, it files.Item) error {
	if err := r.files.acquire(ctx, 1); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted[number] = &outgoing{path: it.Path}
	return nil
}

func (s *sender) isWanted(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[number] != nil
}

// haveOf is what the other side has of a file.
func (s *sender) haveOf(number uint64) haves {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have[number]
}

// lend waits until the window has room for n bytes and gives a buffer for them.
func (s *sender) lend(ctx context.Context, n int) (*[]byte, error) {
	if err := s.bytes.acquire(ctx, sizeFor(n)); err != nil {
		return nil, err
	}
	return s.bufs.get(n), nil
}

// giveBack undoes lend.
func (s *sender) giveBack(buf *[]byte) {
	n := s.bufs.size(buf)
	s.bufs.put(buf)
	s.bytes.release(n)
}

// ended notes how reading a file ended and has the other side told.
func (s *sender) ended(end wire.FileEnd) {
	s.mu.Lock()
	out := s.wanted[end.File]
	if out != nil { // else the other side has given the file up already
		out.end = &end
	}
	s.mu.Unlock()
	if out != nil && end.Outcome != wire.OutcomeOK {
		s.failed(out.path, end.Outcome, fmt.Sprintf("%v: %s", end.Outcome, end.Reason))
	}
	s.ends.addEnd(end)
}

var errShort = errors.New("it became shorter while it was read")

// endFailed is the End of a file whose reading ended with err.
func endFailed(number uint64, err error) wire.FileEnd {
	outcome := wire.OutcomeUnreadable
	if errors.Is(err, errShort) {
		outcome = wire.OutcomeChanged
	}
	return wire.FileEnd{File: number, Outcome: outcome, Reason: plain(err)}
}

// endRead is the End of a file that was read to its end, if it still is what
// was read.
func endRead(number uint64, f files.SourceFile, size int64, root files.Hash) wire.FileEnd {
	if err := f.Changed(); err != nil {
		return wire.FileEnd{File: number, Outcome: wire.OutcomeChanged, Reason: plain(err)}
	}
	return wire.FileEnd{File: number, Size: size, Root: root}
}

// plain is an error's text without this machine's path, for the other side.
func plain(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
