package main

import (
	"context"
	"runtime/debug"
	"syscall/js"

	"github.com/tallow-transfer/tallow/internal/promise"
)

// version is set by the linker.
var version = "development"

// The garbage collector works harder than by default, because a browser never
// takes back what a program has had once.
const (
	gcPercent   = 50
	memoryLimit = 192 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	w := &worker{ctx: context.Background(), scope: js.Global(), commands: make(chan js.Value, 64)}
	w.expiry.list = w.list
	handler := js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.commands <- args[0].Get("data")
		return nil
	})
	w.scope.Set("onmessage", handler)
	early := w.scope.Get("early") // commands that came while this program was loaded
	for i := range early.Length() {
		w.commands <- early.Index(i)
	}
	w.post(map[string]any{"event": "ready", "version": version})
	for command := range w.commands {
		w.obey(command)
	}
}

// worker is the program. Its methods run in one goroutine, apart from post.
type worker struct {
	ctx      context.Context
	scope    js.Value // the worker's global object
	commands chan js.Value

	expiry   expiry
	transfer *transfer // the one that runs or ran last; may be nil
}

// post sends a message to the page. What cannot be cloned is a fault of this
// program.
func (w *worker) post(message map[string]any) {
	if err := promise.Try(func() { w.scope.Call("postMessage", message) }); err != nil {
		w.scope.Get("console").Call("error", err.Error())
	}
}
