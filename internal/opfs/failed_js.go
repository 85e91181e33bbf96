package opfs

import (
	"context"
	"errors"
	"io"
	"syscall/js"
	"time"

	"github.com/tallow-transfer/tallow/internal/promise"
)

const (
	failedName = "failed-codes" // beside the folder of bundles
	failedWait = 5 * time.Second
	failedPoll = 50 * time.Millisecond
)

// FailedCodes keeps the bytes of vault.FailedCodes in a file. It implements
// vault.FailedStore.
type FailedCodes struct{ ctx context.Context }

// NewFailedCodes returns the store of the page's origin, which works until ctx ends.
func NewFailedCodes(ctx context.Context) FailedCodes { return FailedCodes{ctx} }

// Read implements vault.FailedStore.
func (f FailedCodes) Read() ([]byte, error) {
	file, err := f.handle(false)
	var thrown *promise.Error
	if errors.As(err, &thrown) && thrown.Name == "NotFoundError" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := promise.Await(f.ctx, file.Call("getFile"))
	if err != nil {
		return nil, err
	}
	buffer, err := promise.Await(f.ctx, content.Call("arrayBuffer"))
	if err != nil {
		return nil, err
	}
	bytes := js.Global().Get("Uint8Array").New(buffer)
	b := make([]byte, bytes.Length())
	js.CopyBytesToGo(b, bytes)
	return b, nil
}

// Update implements vault.FailedStore. A file that is open in one worker cannot be
// opened in another one, which is the lock.
func (f FailedCodes) Update(edit func(kept []byte) ([]byte, error)) (err error) {
	file, err := f.handle(true)
	if err != nil {
		return err
	}
	handle, err := f.openAlone(file)
	if err != nil {
		return err
	}
	b := &blob{handle: handle, buf: js.Global().Get("Uint8Array").New(chunk)}
	defer func() { err = errors.Join(err, b.Close()) }()
	size, err := b.Size()
	if err != nil {
		return err
	}
	kept := make([]byte, size)
	if _, err := b.ReadAt(kept, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	content, err := edit(kept)
	if err != nil {
		return err
	}
	if err := b.Truncate(0); err != nil {
		return err
	}
	if _, err := b.WriteAt(content, 0); err != nil {
		return err
	}
	return b.Flush()
}

// handle returns the handle of the file, which may be made.
func (f FailedCodes) handle(create bool) (js.Value, error) {
	storage := js.Global().Get("navigator").Get("storage")
	if storage.IsUndefined() || storage.Get("getDirectory").IsUndefined() {
		return js.Undefined(), ErrNone
	}
	root, err := promise.Await(f.ctx, storage.Call("getDirectory"))
	if err != nil {
		return js.Undefined(), errors.Join(ErrNone, err)
	}
	return promise.Await(f.ctx, root.Call("getFileHandle", failedName, map[string]any{"create": create}))
}

// openAlone opens the file, and waits while another tab has it.
func (f FailedCodes) openAlone(file js.Value) (js.Value, error) {
	deadline := time.Now().Add(failedWait)
	tick := time.NewTicker(failedPoll)
	defer tick.Stop()
	for {
		handle, err := promise.Await(f.ctx, file.Call("createSyncAccessHandle"))
		var thrown *promise.Error
		if err == nil || !errors.As(err, &thrown) || thrown.Name != "NoModificationAllowedError" || time.Now().After(deadline) {
			return handle, err
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return js.Undefined(), context.Cause(f.ctx)
		}
	}
}
