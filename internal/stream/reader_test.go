package stream_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// openStream opens the file of a stream that reads r.
func openStream(t *testing.T, r io.Reader) files.SourceFile {
	t.Helper()
	s := stream.NewReader("stdin", r)
	f, err := item(t, s).Open()
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(f.Close(), s.Close())) })
	return f
}

// All blocks of a stream but the last are full, in whatever pieces r returns its
// bytes.
func TestStream(t *testing.T) {
	for _, n := range []int{0, 1, mib - 1, mib, mib + 1, 3*mib + 5} {
		data := random(n, uint64(n))
		for name, r := range map[string]io.Reader{
			"whole":              bytes.NewReader(data),
			"halves":             iotest.HalfReader(bytes.NewReader(data)),
			"end with the bytes": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			f := openStream(t, r)
			var got []byte
			buf := make([]byte, mib)
			for {
				k, err := f.ReadAt(buf, int64(len(got)))
				got = append(got, buf[:k]...)
				if errors.Is(err, io.EOF) {
					break
				}
				must(t, err)
				if k != mib {
					t.Fatalf("%s: a short read of %d in the middle", name, k)
				}
			}
			if !bytes.Equal(got, data) || f.Changed() != nil {
				t.Errorf("%s: %d bytes come as %d others", name, n, len(got))
			}
			if k, err := f.ReadAt(buf, int64(len(got))); k != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%s: after the end %d, %v", name, k, err)
			}
		}
	}
}

func TestStreamEntry(t *testing.T) {
	s := stream.NewReader("stdin", bytes.NewReader(nil))
	defer s.Close()
	e := item(t, s)
	if e.Kind != files.KindStream || e.Size != 0 || e.Mode != 0o666 || e.ModTime.IsZero() {
		t.Errorf("%+v", e)
	}
	totals, err := s.Count(t.Context())
	if err != nil || totals != (files.Totals{Files: 1}) || !slices.Equal(s.Names(), []string{"stdin"}) {
		t.Errorf("%+v, %v", totals, err)
	}
}

// An error of the reader is not taken for the end of the stream, in particular
// not that of a gzip stream that was cut off.
func TestStreamFails(t *testing.T) {
	for _, failure := range []error{io.ErrUnexpectedEOF, os.ErrDeadlineExceeded} {
		f := openStream(t, io.MultiReader(bytes.NewReader(random(10, 1)), iotest.ErrReader(failure)))
		n, err := f.ReadAt(make([]byte, mib), 0)
		if n != 10 || !errors.Is(err, failure) {
			t.Errorf("%d, %v", n, err)
		}
		mentions(t, err, "stdin", "cannot be read")
	}
}

func TestStreamOutOfOrder(t *testing.T) {
	f := openStream(t, bytes.NewReader(random(100, 1)))
	_, err := f.ReadAt(make([]byte, 10), 10)
	mentions(t, err, "stream", "byte 10")
	if n, err := f.ReadAt(make([]byte, 10), 0); n != 10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStreamOnce(t *testing.T) {
	s := stream.NewReader("stdin", bytes.NewReader(nil))
	f, err := item(t, s).Open()
	must(t, err)
	defer f.Close()
	_, err = item(t, s).Open()
	mentions(t, err, "read before")
}

// Close ends a ReadAt although the reader returns nothing.
func TestStreamClosed(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s := stream.NewReader("stdin", r)
	f, err := item(t, s).Open()
	must(t, err)
	ended := make(chan error)
	go func() {
		_, err := f.ReadAt(make([]byte, 10), 0)
		ended <- err
	}()
	must(t, f.Close())
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	must(t, s.Close()) // ends the goroutine that reads; goleak sees to it
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A stream that is closed in the middle does not seem to have ended.
func TestStreamClosedIsNotItsEnd(t *testing.T) {
	for range 50 {
		f, err := item(t, stream.NewReader("stdin", endless{})).Open()
		must(t, err)
		must(t, f.Close())
		off := int64(0)
		for err == nil {
			var n int
			n, err = f.ReadAt(make([]byte, mib), off)
			off += int64(n)
		}
		if !errors.Is(err, os.ErrClosed) {
			t.Fatalf("%v", err)
		}
	}
}

// A Read that waits for a pipe is interrupted by the Close of the file, which
// waits for its goroutine, and leaves nothing that reads.
func TestStreamCloseInterruptsARead(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer w.Close()
	if r.SetReadDeadline(time.Time{}) != nil {
		t.Skip("SKIPPED: pipes have no deadlines here")
	}
	reading := make(chan struct{})
	s := stream.NewReader("stdin", announcedReader{r, reading})
	f, err := item(t, s).Open()
	must(t, err)
	<-reading
	must(t, f.Close())
	must(t, s.Close())
	if _, err := w.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) && runtime.GOOS != "windows" {
		t.Errorf("the pipe is still open for reading: %v", err)
	}
}

// announcedReader closes reading before its first Read.
type announcedReader struct {
	*os.File
	reading chan struct{}
}

func (r announcedReader) Read(p []byte) (int, error) {
	select {
	case <-r.reading:
	default:
		close(r.reading)
	}
	return r.File.Read(p)
}

// A pipe in memory has no deadlines; the Close of the stream ends its Read.
func TestStreamCloseEndsAPipe(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s := stream.NewReader("stdin", r)
	_, err := item(t, s).Open()
	must(t, err)
	must(t, s.Close())
	if _, err := w.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}
