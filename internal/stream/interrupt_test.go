package stream_test

import (
	"errors"
	"os"
	"testing"

	"github.com/tallow-transfer/tallow/internal/stream"
)

// A pipe that takes a deadline, but was made blocking by a call of Fd: Close
// returns although nothing can interrupt the Read.
func TestCloseOfABlockingReader(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	_ = r.Fd()
	s := stream.NewReader("stdin", r)
	f, err := item(t, s).Open()
	must(t, err)
	reading := make(chan error, 1)
	go func() {
		_, err := f.ReadAt(make([]byte, 1), 0)
		reading <- err
	}()
	must(t, f.Close())
	if err := <-reading; !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	must(t, w.Close()) // ends the Read
	must(t, s.Close())
}
