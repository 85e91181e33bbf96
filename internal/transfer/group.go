package transfer

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// workers is how many goroutines share what costs a core: reading and hashing on
// one side, verifying and writing on the other. One a core, and two where there
// is only one, so that a disk that makes one wait does not stop the other.
func workers() int { return min(max(runtime.GOMAXPROCS(0), 2), 8) }

// errFinished ends a group's goroutines when the work is done.
var errFinished = errors.New("finished")

// group owns the goroutines of one side of a transfer: the first error, or
// finish, ends them all, and wait waits for them.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

func (g *group) start(f func(ctx context.Context) error) {
	g.wg.Go(func() {
		if err := f(g.ctx); err != nil {
			g.cancel(err)
		}
	})
}

func (g *group) finish() { g.cancel(errFinished) }

// wait returns the error that ended the group, nil if it finished.
func (g *group) wait() error {
	<-g.ctx.Done()
	g.wg.Wait()
	if err := context.Cause(g.ctx); !errors.Is(err, errFinished) {
		return err
	}
	return nil
}
