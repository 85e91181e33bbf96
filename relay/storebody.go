package relay

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// partBody is the body of a part. It may not stand still for long. Close ends a Read
// that waits: else one that nobody needs any more would hold up the answer.
type partBody struct {
	r       io.Reader
	control *http.ResponseController
	quiet   time.Duration // how long it may stand still

	mu     sync.Mutex
	closed bool
	broken bool // by itself, and not by Close
}

// Read reads from the body.
func (b *partBody) Read(p []byte) (int, error) {
	if !b.await() {
		return 0, errClosedBody
	}
	n, err := b.r.Read(p)
	switch {
	case err == io.EOF:
		b.ended()
	case err != nil:
		b.mu.Lock()
		defer b.mu.Unlock()
		b.broken = !b.closed
	}
	return n, err
}

// ended takes the time limit away: to keep the part may take longer, and the server
// reads on meanwhile, to see whether the client leaves.
func (b *partBody) ended() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// errClosedBody is the error of a Read after Close.
var errClosedBody = errors.New("the body of the part is closed")

// await gives the next Read its time, unless the body is closed.
func (b *partBody) await() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		_ = b.control.SetReadDeadline(time.Now().Add(b.quiet))
	}
	return !b.closed
}

// Close ends a Read that waits, and all that follow. The error says that this server's
// connections cannot do that.
func (b *partBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.control.SetReadDeadline(time.Unix(1, 0)) // which is over
}

// brokeOff reports whether the body ended too early, or stood still.
func (b *partBody) brokeOff() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// patient calls wait before each read.
type patient struct {
	r    io.Reader
	wait func()
}

// Read reads from the reader.
func (p patient) Read(b []byte) (int, error) {
	p.wait()
	return p.r.Read(b)
}
