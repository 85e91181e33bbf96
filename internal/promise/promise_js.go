package promise

import (
	"context"
	"fmt"
	"syscall/js"
)

// Error is what a promise was rejected with, or what a call threw.
type Error struct {
	Name    string // such as QuotaExceededError
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Name, e.Message) }

// ErrorOf makes an Error of a value that was thrown.
func ErrorOf(v js.Value) *Error {
	if v.Type() != js.TypeObject {
		return &Error{Name: "Error", Message: v.String()}
	}
	return &Error{Name: v.Get("name").String(), Message: v.Get("message").String()}
}

// Await waits until p is settled, and returns its value, an *Error, or the cause of
// ctx.
func Await(ctx context.Context, p js.Value) (js.Value, error) {
	value, err, settled := AwaitUntil(ctx.Done(), p)
	if !settled {
		return js.Undefined(), context.Cause(ctx)
	}
	return value, err
}

// AwaitUntil is like Await. It returns false if done was closed before.
func AwaitUntil(done <-chan struct{}, p js.Value) (value js.Value, err error, ok bool) {
	type result struct {
		value js.Value
		err   error
	}
	settled := make(chan result, 1)
	var fulfilled, rejected js.Func
	release := func() {
		fulfilled.Release()
		rejected.Release()
	}
	fulfilled = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		value := js.Undefined()
		if len(args) > 0 {
			value = args[0]
		}
		settled <- result{value: value}
		return nil
	})
	rejected = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		settled <- result{err: ErrorOf(args[0])}
		return nil
	})
	p.Call("then", fulfilled, rejected)
	select {
	case r := <-settled:
		return r.value, r.err, true
	case <-done:
		return js.Undefined(), nil, false
	}
}

// Try runs f and returns what JavaScript threw in it, as an *Error.
func Try(f func()) (err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case js.Error:
			err = ErrorOf(thrown.Value)
		default:
			panic(thrown)
		}
	}()
	f()
	return nil
}
