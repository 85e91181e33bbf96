package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// writerFor returns a Writer on w, and its file.
func writerFor(t *testing.T, w io.Writer, e files.Entry) (*stream.Writer, files.File) {
	t.Helper()
	d := stream.NewWriter(w)
	t.Cleanup(func() { must(t, d.Close()) })
	must(t, d.Begin(t.Context(), []string{"a"}, e.Size))
	f, err := d.Prepare(t.Context(), 0, e)
	must(t, err)
	return d, f
}

// Blocks come in any order that a sender's window allows, in pieces, and some
// twice. They are written in order.
func TestWriterOutOfOrder(t *testing.T) {
	data := random(36*mib+17, 1)
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var out bytes.Buffer
		d, f := writerFor(t, &out, files.Entry{Kind: files.KindStream, Path: "a"})
		var window []uint32
		next := uint32(0)
		for blocks := wire.Blocks(int64(len(data))); next < blocks || len(window) > 0; {
			if next < blocks && len(window) < 32 {
				window = append(window, next)
				next++
				continue
			}
			i := rng.IntN(len(window))
			index := window[i]
			window = append(window[:i], window[i+1:]...)
			b := data[int(index)*mib:]
			b = b[:min(len(b), mib)]
			for _, cut := range [][2]int{{len(b) / 2, len(b)}, {0, len(b) / 2}} {
				_, err := f.WriteAt(b[cut[0]:cut[1]], int64(index)*mib+int64(cut[0]))
				must(t, err)
			}
			for range 1 + rng.IntN(2) {
				must(t, f.Verified(index, files.Hash{})) // whoever calls it has checked
			}
			if rng.IntN(4) == 0 {
				_, err := f.WriteAt(b, int64(index)*mib)
				must(t, err)
			}
		}
		must(t, f.SetSize(int64(len(data))))
		must(t, d.Commit(t.Context(), []files.File{f})[0])
		must(t, d.Finish(t.Context()))
		if !bytes.Equal(out.Bytes(), data) {
			t.Errorf("seed %d: %d bytes that are others", seed, out.Len())
		}
	}
}

// Nothing is written before it is verified.
func TestWriterUnverified(t *testing.T) {
	var out bytes.Buffer
	d, f := writerFor(t, &out, fileEntry("a", 4))
	_, err := f.WriteAt([]byte("evil"), 0)
	must(t, err)
	mentions(t, d.Commit(t.Context(), []files.File{f})[0], "first 0 bytes")
	if out.Len() > 0 {
		t.Errorf("%q went out", out.Bytes())
	}
}

func TestWriterBounds(t *testing.T) {
	_, f := writerFor(t, io.Discard, files.Entry{Kind: files.KindStream, Path: "a"})
	_, err := f.WriteAt([]byte("x"), 63*mib)
	must(t, err)
	_, err = f.WriteAt([]byte("x"), 64*mib)
	mentions(t, err, "block 64", "too far ahead")
}

func TestWriterEmpty(t *testing.T) {
	var out bytes.Buffer
	d, f := writerFor(t, &out, fileEntry("a", 0))
	if have, err := f.Have(t.Context()); len(have) > 0 || err != nil {
		t.Errorf("%v, %v", have, err)
	}
	must(t, d.Commit(t.Context(), []files.File{f})[0])
	mentions(t, d.Commit(t.Context(), []files.File{f})[0], "already")
}

func TestWriterOneFile(t *testing.T) {
	d := stream.NewWriter(io.Discard)
	mentions(t, d.Begin(t.Context(), []string{"a", "b"}, 0), "single file")
	for _, e := range []files.Entry{dirEntry("a"), {Kind: files.KindSymlink, Path: "a", Target: "b"}} {
		_, err := d.Prepare(t.Context(), 0, e)
		mentions(t, err, "single file")
		var refusal files.Refusal
		if errors.As(err, &refusal) {
			t.Errorf("%v goes on without it", err)
		}
	}
	d, _ = writerFor(t, io.Discard, fileEntry("a", 1))
	_, err := d.Prepare(t.Context(), 1, fileEntry("b", 1))
	mentions(t, err, "single file")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The program that reads the output has ended.
func TestWriterFails(t *testing.T) {
	d, f := writerFor(t, failing{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}}, fileEntry("a", 2*mib))
	var err error
	for i := uint32(0); i < 2 && err == nil; i++ {
		_, err = f.WriteAt(make([]byte, mib), int64(i)*mib)
		must(t, err)
		err = f.Verified(i, files.Hash{})
	}
	if err == nil { // both were on their way before the first failed
		err = d.Commit(t.Context(), []files.File{f})[0]
	}
	mentions(t, err, "cannot be written", "broken pipe")
	if !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%v does not say EPIPE", err)
	}
}

// stuck is like a pipe that nobody reads.
type stuck struct{ free chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.free; return len(p), nil }

// Neither Close nor the end of the context waits for a Write that nothing can
// interrupt.
func TestWriterStuck(t *testing.T) {
	free := make(chan struct{})
	defer close(free)
	d, f := writerFor(t, stuck{free}, fileEntry("a", 2*mib))
	_, err := f.WriteAt(make([]byte, 2*mib), 0)
	must(t, err)
	must(t, f.Verified(0, files.Hash{}))
	ended := make(chan error)
	go func() { ended <- f.Verified(1, files.Hash{}) }()
	must(t, d.Close())
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}

	d, f = writerFor(t, stuck{free}, fileEntry("a", 1))
	fill(t, f, []byte("1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Commit(ctx, []files.File{f})[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A Write to a pipe that nobody reads is interrupted by Close, which waits for the
// goroutine. The pipe, which is not the Writer's, works afterwards.
func TestWriterCloseInterruptsAWrite(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	if w.SetWriteDeadline(time.Time{}) != nil {
		t.Skip("SKIPPED: pipes have no deadlines here")
	}
	d := stream.NewWriter(w)
	must(t, d.Begin(t.Context(), []string{"a"}, 0))
	f, err := d.Prepare(t.Context(), 0, fileEntry("a", 2*mib))
	must(t, err)
	_, err = f.WriteAt(make([]byte, 2*mib), 0)
	must(t, err)
	must(t, f.Verified(0, files.Hash{})) // more than a pipe holds
	must(t, d.Close())
	if err := f.Verified(1, files.Hash{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Verified after Close: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Errorf("the pipe cannot be written any more: %v", err)
	}
}
