package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/session/sessiontest"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// memorySource is files in memory.
type memorySource struct {
	files   map[string][]byte
	streams map[string]bool
	broken  map[string]error // what Open fails with
	omitted []string         // that cannot be sent
	changed map[string]bool  // that change while they are read
	short   map[string]bool  // that turn out to be shorter
	grown   map[string]bool  // that turn out to be longer
	reads   bool             // files have a Read
}

func (s *memorySource) Names() []string { return slices.Sorted(maps.Keys(s.files)) }

func (s *memorySource) Count(context.Context) (files.Totals, error) {
	t := files.Totals{Known: len(s.streams) == 0}
	for path, data := range s.files {
		t.Files++
		if !s.streams[path] {
			t.Bytes += int64(len(data))
		}
	}
	return t, nil
}

func (s *memorySource) Walk(_ context.Context, yield func(files.Item) error) error {
	for _, path := range s.omitted {
		if err := yield(files.Item{Entry: files.Entry{Path: path}, Err: errors.New("a socket")}); err != nil {
			return err
		}
	}
	for _, path := range s.Names() {
		e := files.Entry{Kind: files.KindFile, Mode: 0o644, Path: path, Size: int64(len(s.files[path]))}
		if s.streams[path] {
			e.Kind, e.Size = files.KindStream, 0
		}
		it := files.Item{Entry: e, Open: func() (files.SourceFile, error) {
			if err := s.broken[path]; err != nil {
				return nil, err
			}
			data := s.files[path]
			if s.short[path] {
				data = data[:len(data)-1]
			}
			if s.grown[path] {
				data = append(slices.Clone(data), 'x')
			}
			f := memorySourceFile{Reader: bytes.NewReader(data)}
			if s.changed[path] {
				f.changed = errors.New("it was written to")
			}
			return f, nil
		}}
		if s.reads && !s.streams[path] {
			it.Read = readOf(it)
		}
		if err := yield(it); err != nil {
			return err
		}
	}
	return nil
}

// readOf returns a Read of an item that has an Open.
func readOf(it files.Item) func([]byte) (int, error) {
	return func(p []byte) (int, error) {
		f, err := it.Open()
		if err != nil {
			return 0, err
		}
		n, err := f.ReadAt(p, 0)
		if err != nil && err != io.EOF {
			return n, err
		}
		if err := f.Changed(); err != nil {
			return n, fmt.Errorf("%w: %w", files.ErrChanged, err)
		}
		return n, nil
	}
}

type memorySourceFile struct {
	*bytes.Reader
	changed error
}

func (f memorySourceFile) Close() error   { return nil }
func (f memorySourceFile) Changed() error { return f.changed }

// memoryDestination keeps what was committed, and what was not.
type memoryDestination struct {
	refuse  map[string]string          // reasons to refuse
	had     map[string][]byte          // on disk from before
	fail    map[string]error           // what WriteAt fails with
	slow    time.Duration              // what WriteAt takes
	hadHole map[string]map[uint32]bool // blocks of had that are not there
	begun   func()

	mu        sync.Mutex
	open      map[string]*memoryFile
	committed map[string][]byte
	finished  bool
}

func (d *memoryDestination) Begin(context.Context, []string, int64) error {
	d.open, d.committed = make(map[string]*memoryFile), make(map[string][]byte)
	if d.begun != nil {
		d.begun()
	}
	return nil
}

type refusal string

func (r refusal) Error() string { return string(r) }
func (r refusal) Brief() string { return string(r) }
func (r refusal) Why() string   { return string(r) }

func (d *memoryDestination) Prepare(_ context.Context, _ uint64, e files.Entry) (files.File, error) {
	if reason, ok := d.refuse[e.Path]; ok {
		return nil, refusal(reason)
	}
	f := &memoryFile{dest: d, path: e.Path, data: make([]byte, e.Size)}
	copy(f.data, d.had[e.Path])
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[e.Path] = f
	return f, nil
}

func (d *memoryDestination) Commit(_ context.Context, verified []files.File) []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range verified {
		f := f.(*memoryFile)
		d.committed[f.path] = f.data
	}
	return make([]error, len(verified))
}

func (d *memoryDestination) Finish(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finished = true
	return nil
}

type memoryFile struct {
	dest   *memoryDestination
	path   string
	mu     sync.Mutex
	data   []byte
	closed bool
}

func (f *memoryFile) Path() string { return f.path }

func (f *memoryFile) Have(context.Context) (map[uint32]files.Block, error) {
	old, have := f.dest.had[f.path], make(map[uint32]files.Block)
	for i := range wire.Blocks(int64(min(len(old), len(f.data)))) {
		if !f.dest.hadHole[f.path][i] {
			have[i] = blockhash.Sum(i, f.data[int(i)*wire.BlockSize:min(len(f.data), (int(i)+1)*wire.BlockSize)])
		}
	}
	return have, nil
}

func (f *memoryFile) WriteAt(p []byte, off int64) (int, error) {
	time.Sleep(f.dest.slow)
	if err := f.dest.fail[f.path]; err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if grow := int(off) + len(p) - len(f.data); grow > 0 {
		f.data = append(f.data, make([]byte, grow)...)
	}
	return copy(f.data[off:], p), nil
}

func (f *memoryFile) Verified(uint32, files.Hash) error { return nil }

func (f *memoryFile) SetSize(n int64) error {
	f.data = f.data[:n]
	return nil
}

func (f *memoryFile) Close() error {
	f.closed = true
	return nil
}

// log is an Observer that keeps what it is told.
type log struct {
	mu      sync.Mutex
	done    map[string]files.Hash
	failed  map[string]string
	leftOut map[string]string
	paused  []bool
	stalls  []string
}

func newLog() *log {
	return &log{done: make(map[string]files.Hash), failed: make(map[string]string), leftOut: make(map[string]string)}
}

func (l *log) FileDone(f transfer.Placed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[f.Path] = f.Hash
}

func (l *log) FileFailed(path string, outcome wire.Outcome, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed[path] = fmt.Sprintf("%v: %s", outcome, reason)
}

func (l *log) Kept(path, reason string) { l.FileFailed(path, wire.OutcomeKept, reason) }

func (l *log) LeftOut(path, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leftOut[path] = reason
}

func (l *log) PauseChanged(paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = append(l.paused, paused)
}

func (l *log) Stalled(reason transfer.StallReason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalls = append(l.stalls, string(reason))
}

// link is a session as the transfer wants it.
type link struct {
	*session.Session
	seen int
}

func (l *link) Attached(ctx context.Context) (transfer.Lane, error) {
	next, err := l.Session.Attached(ctx, l.seen)
	if err != nil {
		return nil, err
	}
	l.seen++
	return next, nil
}

// sessions returns two linked sessions without a lane.
func sessions(t *testing.T) (s, r *link) {
	t.Helper()
	lanes := wire.LaneRelay | wire.LaneWebRTC
	k := session.Keys{ControlOut: [32]byte{1}, ControlIn: [32]byte{2}, DataOut: [32]byte{3}, DataIn: [32]byte{4}}
	a := session.New(k, session.Options{Allowed: lanes, ReconnectTimeout: time.Second})
	k.ControlOut, k.ControlIn, k.DataOut, k.DataIn = k.ControlIn, k.ControlOut, k.DataIn, k.DataOut
	b := session.New(k, session.Options{Allowed: lanes, ReconnectTimeout: time.Second})
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return &link{Session: a}, &link{Session: b}
}

// join gives two sessions a lane in common.
func join(t *testing.T, s, r *link, id uint32, kind wire.Lanes, fromS sessiontest.Tamper) *sessiontest.Carrier {
	t.Helper()
	a, b := sessiontest.Pipe(16, sessiontest.Traits(kind), fromS, nil)
	if _, err := s.Attach(id, a); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Attach(id, b); err != nil {
		t.Fatal(err)
	}
	return a
}

// outcome is how both sides of a transfer ended.
type outcome struct {
	sent, received          transfer.Result
	sendErr, receiveErr     error
	sender, receiver        *log
	sendProg, receivProg    transfer.Progress
	sendPause, receivePause transfer.Pause
}

// run transfers from src to dest over the sessions' lanes.
func run(t *testing.T, ctx context.Context, s, r *link, src files.Source, dest files.Destination) *outcome {
	t.Helper()
	o := &outcome{sender: newLog(), receiver: newLog()}
	var wg sync.WaitGroup
	wg.Go(func() {
		o.sent, o.sendErr = transfer.Send(ctx, s, src, transfer.SendOptions{
			Observer: o.sender, Progress: &o.sendProg, Pause: &o.sendPause, Offered: func(wire.Offer) {},
		})
		_ = s.Close()
	})
	wg.Go(func() {
		o.received, o.receiveErr = transfer.Receive(ctx, r, transfer.ReceiveOptions{
			Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
			Observer: o.receiver, Progress: &o.receivProg, Pause: &o.receivePause,
		})
		_ = r.Close()
	})
	wg.Wait()
	if o.sendErr == nil && o.receiveErr == nil { // nothing is left over that is not verified
		for side, p := range map[string]*transfer.Progress{"sender": &o.sendProg, "receiver": &o.receivProg} {
			if received, bytes := p.Received(), p.Bytes.Load(); received != bytes {
				t.Errorf("the %s counts %d bytes that arrived, and %d that are verified", side, received, bytes)
			}
		}
	}
	return o
}

// check holds what was committed against what should have been.
func check(t *testing.T, d *memoryDestination, want map[string][]byte) {
	t.Helper()
	for path, data := range want {
		got, ok := d.committed[path]
		if !ok {
			t.Errorf("%s did not arrive", path)
		} else if !bytes.Equal(got, data) {
			t.Errorf("%s arrived with other bytes", path)
		}
	}
	for path := range d.committed {
		if _, ok := want[path]; !ok {
			t.Errorf("%s arrived and should not have", path)
		}
	}
}

// endless is a reader without an end that counts what was taken.
type endless struct{ read atomic.Int64 }

func (e *endless) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	e.read.Add(int64(len(p)))
	return len(p), nil
}

func (e *endless) Close() error   { return nil }
func (e *endless) Changed() error { return nil }

var _ io.ReaderAt = (*endless)(nil)
