package transfer

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// A sender that ignores the window fills twice of it at the receiver, whatever
// the size of its blocks, and then its lane is read no more.
func TestUnwrittenBlocksAreBounded(t *testing.T) {
	for _, size := range []int{files.BlockSize, 64 << 10} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := newReceiver(ctx, nil, ReceiveOptions{Progress: &Progress{}})
			queued := 0
			go func() {
				for range 4 * windowBytes / size { // as the reader of a lane
					buf := make([]byte, size)
					r.enqueue(task{buf: &buf})
					if ctx.Err() != nil {
						return
					}
					queued += size
				}
			}()
			synctest.Wait()
			if queued > 2*windowBytes || queued < windowBytes {
				t.Errorf("%d bytes wait to be written, of blocks of %d", queued, size)
			}
			r.cancel(nil)
			cancel()
		})
	}
}
