package opfs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
)

// chunk is how many bytes cross between Go and JavaScript at a time.
const chunk = 1 << 20

// errShortWrite is a storage that took less than it was given and threw nothing:
// Firefox does that when it is full.
var errShortWrite = &promise.Error{Name: "QuotaExceededError", Message: "a short write"}

// blob is a file by a FileSystemSyncAccessHandle. It implements bundle.Blob.
type blob struct {
	mu     sync.Mutex
	handle js.Value
	buf    js.Value // a Uint8Array
	closed bool
}

func openBlob(ctx context.Context, dir js.Value, name string) (*blob, error) {
	file, err := promise.Await(ctx, dir.Call("getFileHandle", name, map[string]any{"create": true}))
	if err != nil {
		return nil, storageError(err)
	}
	handle, err := promise.Await(ctx, file.Call("createSyncAccessHandle"))
	if err != nil {
		return nil, storageError(err)
	}
	return &blob{handle: handle, buf: js.Global().Get("Uint8Array").New(chunk)}, nil
}

// do runs f with the handle, and returns what it throws.
func (b *blob) do(f func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return fs.ErrClosed
	}
	return storageError(promise.Try(f))
}

// at is the option of reads and writes.
func at(off int64) any { return map[string]any{"at": float64(off)} }

// ReadAt implements bundle.Blob.
func (b *blob) ReadAt(p []byte, off int64) (n int, err error) {
	err = b.do(func() {
		for n < len(p) {
			part := b.buf.Call("subarray", 0, min(len(p)-n, chunk))
			got := b.handle.Call("read", part, at(off+int64(n))).Int()
			if got == 0 {
				return
			}
			n += js.CopyBytesToGo(p[n:n+got], part)
		}
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// WriteAt implements bundle.Blob.
func (b *blob) WriteAt(p []byte, off int64) (n int, err error) {
	var short bool
	err = b.do(func() {
		for n < len(p) && !short {
			part := b.buf.Call("subarray", 0, js.CopyBytesToJS(b.buf, p[n:]))
			put := b.handle.Call("write", part, at(off+int64(n))).Int()
			short = put < part.Get("length").Int()
			n += put
		}
	})
	if err == nil && short {
		err = storageError(errShortWrite)
	}
	return n, err
}

// Size implements bundle.Blob.
func (b *blob) Size() (n int64, err error) {
	err = b.do(func() { n = int64(b.handle.Call("getSize").Float()) })
	return n, err
}

// Truncate implements bundle.Blob.
func (b *blob) Truncate(size int64) error {
	return b.do(func() { b.handle.Call("truncate", float64(size)) })
}

// Flush implements bundle.Blob.
func (b *blob) Flush() error { return b.do(func() { b.handle.Call("flush") }) }

// Close implements bundle.Blob.
func (b *blob) Close() error {
	err := b.do(func() {
		b.closed = true
		b.handle.Call("close")
	})
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
