//go:build unix

package s3store_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// putTimeout is how long a Put may take that is given up, on a busy machine.
const putTimeout = 20 * time.Second

// begin begins an upload.
func begin(t *testing.T, b *s3store.Blobs) stored.Record {
	t.Helper()
	id := stored.NewID()
	upload, err := b.Begin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return stored.Record{ID: id, Upload: upload}
}

// stalled is the body of a client that sends no more, until it is closed.
type stalled struct {
	rest   int // bytes that it sends before that
	waits  chan struct{}
	closed chan struct{}
}

func newStalled(n int) *stalled {
	return &stalled{rest: n, waits: make(chan struct{}), closed: make(chan struct{})}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n := min(s.rest, len(p)); n > 0 {
		s.rest -= n
		return n, nil
	}
	close(s.waits)
	<-s.closed
	return 0, io.ErrClosedPipe
}

func (s *stalled) Close() error {
	close(s.closed)
	return nil
}

// A part whose body stands still ends with its context, and nobody reads the body
// afterwards.
func TestPutEndsWithItsContext(t *testing.T) {
	b := open(t, config(s3test.Start(t)))
	r := begin(t, b)
	for _, n := range []int{0, 1000, 3 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		body := newStalled(n)
		ended := make(chan error, 1)
		go func() { ended <- b.Put(ctx, r, 0, body, 5<<20) }()
		<-body.waits
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after %d bytes: %v", n, err)
			}
		case <-time.After(putTimeout):
			t.Fatalf("after %d bytes it does not end", n)
		}
	}
	if parts, err := b.Parts(t.Context(), r); err != nil || len(parts) != 0 {
		t.Errorf("the parts are %v, %v", parts, err)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A part of which S3 takes no more ends, too, and can be put again once it does.
func TestPutToFrozenServer(t *testing.T) {
	server := s3test.Start(t)
	b := open(t, config(server))
	r := begin(t, b)
	b.SetPatience(500 * time.Millisecond)
	server.Freeze(t)
	ended := make(chan error, 1)
	go func() { ended <- b.Put(t.Context(), r, 0, endless{}, 1<<30) }() // more than there are buffers
	select {
	case err := <-ended:
		if !errors.Is(err, s3store.ErrAway) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(putTimeout):
		t.Fatal("it does not end")
	}
	server.Thaw(t)
	b.SetPatience(putTimeout)
	if err := b.Put(t.Context(), r, 0, endless{}, 5<<20); err != nil {
		t.Error(err)
	}
}
