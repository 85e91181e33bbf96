package opfs

import (
	"context"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
)

// lockName names the lock of the storage among those of the origin.
const lockName = "tallow storage"

// Lock implements bundle.Storage by a Web Lock, which all tabs of the origin share
// and which ends with the worker that holds it.
func (s *Storage) Lock(ctx context.Context) (unlock func(), err error) {
	locks := js.Global().Get("navigator").Get("locks")
	if locks.IsUndefined() {
		return func() {}, nil // an older browser, where one tab may disturb another
	}
	granted, refused := make(chan js.Value, 1), make(chan js.Value, 1)
	var hold, enter, settled js.Func
	hold = js.FuncOf(func(_ js.Value, args []js.Value) any {
		granted <- args[0] // resolves the promise that enter has returned
		return nil
	})
	enter = js.FuncOf(func(js.Value, []js.Value) any { return js.Global().Get("Promise").New(hold) })
	settled = js.FuncOf(func(_ js.Value, args []js.Value) any {
		refused <- args[0] // nobody reads it if the lock was granted
		for _, f := range []js.Func{hold, enter, settled} {
			f.Release()
		}
		return nil
	})
	abort := js.Global().Get("AbortController").New()
	locks.Call("request", lockName, map[string]any{"signal": abort.Get("signal")}, enter).Call("then", settled, settled)
	select {
	case release := <-granted:
		return func() { release.Invoke() }, nil
	case reason := <-refused:
		return nil, promise.ErrorOf(reason)
	case <-ctx.Done():
	}
	abort.Call("abort")
	select {
	case release := <-granted: // at the same moment
		release.Invoke()
	default:
	}
	return nil, context.Cause(ctx)
}
