package readahead

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tallow-transfer/tallow/internal/container"
)

// Ranges gives ranges of a container.
type Ranges interface {
	// Open returns a reader of n bytes from an offset on.
	Open(ctx context.Context, offset, n int64) (io.ReadCloser, error)
}

// Options are the settings of a Reader.
type Options struct {
	// Retry is called when a range could not be read. It waits, and returns nil to try
	// again, or the error that the Reader has then. It may be called by several
	// goroutines. Nil: the first error is final.
	Retry func(ctx context.Context, err error) error
	// Opened, if set, is called whenever a chunk has arrived and is authentic, by several
	// goroutines.
	Opened func()
}

// How much is requested ahead, in chunks. The window begins small, and smaller behind a
// jump, and grows by a chunk with each that is read, so it doubles with every window that
// was read.
const (
	firstWindow = 16
	jumpWindow  = 2
	maxWindow   = 3 * container.SegmentSize / container.ChunkSize
	// inFlight is how many requests the window is divided into. None crosses the end of a
	// segment.
	inFlight = 3
	// maxExpected is how many chunks are requested because they are expected.
	maxExpected = 16
)

// Reader reads the payload of a container, padding included. It is an io.ReadSeeker,
// for one goroutine. It holds at most maxWindow and maxExpected chunks, 25 MiB.
type Reader struct {
	f      *fetcher
	layout container.Layout

	at     int64  // in the payload
	held   []byte // the chunk of the number heldAt; nil if there is none
	heldAt uint64
	runs   []*run // what is requested ahead, without gaps
	next   uint64 // the first chunk behind the runs
	window uint64
	err    error // the first one, other than io.EOF

	expected map[uint64]*run // of one chunk each
}

// New returns a Reader. It reads under ctx. Close has to be called.
func New(ctx context.Context, r Ranges, l container.Layout, k *container.Keys, o Options) *Reader {
	f := &fetcher{ranges: r, layout: l, keys: k, o: o, free: make(chan []byte, maxWindow), segments: make(map[uint64]*segment)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return &Reader{f: f, layout: l, window: firstWindow, expected: make(map[uint64]*run)}
}

// Close ends all requests and waits for them.
func (r *Reader) Close() error {
	r.f.cancel()
	r.f.working.Wait()
	return nil
}

// Seek sets where the next Read begins. It requests nothing.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.layout.Size()
	}
	if offset < 0 {
		return r.at, errors.New("readahead: a negative offset")
	}
	r.at = offset
	return offset, nil
}

// Expect says that soon there will be short reads at these offsets, in this order, and
// not much between them. The first of them are requested at once.
func (r *Reader) Expect(offsets ...int64) {
	for _, offset := range offsets {
		chunk := uint64(offset / container.ChunkSize)
		known := r.expected[chunk] != nil || r.held != nil && r.heldAt == chunk || len(r.runs) > 0 && chunk >= r.runs[0].next && chunk < r.next
		switch {
		case offset < 0 || chunk >= r.layout.Chunks() || len(r.expected) >= maxExpected:
			return
		case !known:
			r.expected[chunk] = r.f.start(chunk, chunk+1)
		}
	}
}

// Read reads from the payload. Errors are io.EOF at its end, those of a container, that
// of Options.Retry, and the cause of the context.
func (r *Reader) Read(p []byte) (int, error) {
	switch {
	case r.err != nil:
		return 0, r.err
	case len(p) == 0:
		return 0, nil
	case r.at >= r.layout.Size():
		return 0, io.EOF
	}
	index := uint64(r.at / container.ChunkSize)
	if r.held == nil || r.heldAt != index {
		if r.err = r.take(index); r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.held[r.at%container.ChunkSize:])
	r.at += int64(n)
	return n, nil
}

// take waits for a chunk and holds it.
func (r *Reader) take(index uint64) error {
	if r.held != nil {
		r.f.recycle(r.held)
		r.held = nil
	}
	for chunk, expected := range r.expected {
		if chunk < index { // it was passed
			expected.cancel()
			delete(r.expected, chunk)
		}
	}
	if expected := r.expected[index]; expected != nil {
		delete(r.expected, index)
		return r.hold(expected, index)
	}
	if index != r.next && (len(r.runs) == 0 || index < r.runs[0].next || index >= r.next) {
		r.jump(index)
	}
	r.request(index)
	for r.runs[0].end <= index {
		r.drop()
	}
	front := r.runs[0]
	if err := r.hold(front, index); err != nil {
		return err
	}
	if front.next == front.end {
		r.drop()
	}
	r.window = min(r.window+1, maxWindow)
	return nil
}

// hold waits for a chunk of a run and holds it. Those before it are skipped.
func (r *Reader) hold(from *run, index uint64) error {
	for {
		chunk, ok := <-from.chunks
		if !ok {
			return from.err
		}
		from.next++
		if from.next > index {
			r.held, r.heldAt = chunk, index
			return nil
		}
		r.f.recycle(chunk)
	}
}

// jump gives up what is requested, to go on at a chunk.
func (r *Reader) jump(index uint64) {
	for len(r.runs) > 0 {
		r.drop()
	}
	r.next, r.window = index, jumpWindow
}

// drop gives up the first run.
func (r *Reader) drop() {
	r.runs[0].cancel()
	r.runs = r.runs[1:]
}

// request fills the window that begins at a chunk, by requests that are not too small.
func (r *Reader) request(index uint64) {
	size := max(r.window/inFlight, 1)
	for r.next < r.layout.Chunks() && r.next+size <= index+r.window {
		_, end := r.layout.SegmentOf(r.next)
		end = min(r.next+size, end)
		r.runs = append(r.runs, r.f.start(r.next, end))
		r.next = end
	}
}

// fetcher is what the goroutines of a Reader have in common.
type fetcher struct {
	ranges  Ranges
	layout  container.Layout
	keys    *container.Keys
	o       Options
	ctx     context.Context // ends with the Reader
	cancel  context.CancelFunc
	working sync.WaitGroup
	free    chan []byte // buffers of chunks

	mu       sync.Mutex
	segments map[uint64]*segment // the last few
}

// buffer returns an empty buffer for a chunk.
func (f *fetcher) buffer() []byte {
	select {
	case b := <-f.free:
		return b[:0]
	default:
		return make([]byte, 0, container.ChunkSize)
	}
}

// recycle takes a buffer back.
func (f *fetcher) recycle(b []byte) {
	select {
	case f.free <- b:
	default:
	}
}
