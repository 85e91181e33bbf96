package promise

import (
	"runtime"
	"sync/atomic"
)

// collectEvery is how many bytes of JavaScript's memory may be held by references
// that are of no use any more.
const collectEvery = 16 << 20

// Held counts memory that JavaScript holds for Go. JavaScript keeps an ArrayBuffer
// until Go's garbage collector has found that its js.Value is of no use any more,
// and that collector knows nothing of its size. So it is told when it is time. The
// zero value is ready to use.
type Held struct{ bytes atomic.Int64 }

// LetGo says that n bytes of JavaScript's memory are of no use any more.
func (h *Held) LetGo(n int) {
	if h.bytes.Add(int64(n)) >= collectEvery {
		h.bytes.Store(0)
		runtime.GC()
	}
}
