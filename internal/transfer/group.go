package transfer

import (
	"context"
	"errors"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// workers returns how many goroutines share the work that costs processor time:
// reading and hashing on the sender, verifying and writing on the receiver. One
// for each core, at most eight; two on a single core, so that one can work while
// the other waits for the disk.
func workers() int { return min(max(runtime.GOMAXPROCS(0), 2), 8) }

// errFinished is the cause with which a group ends when its work is done.
var errFinished = errors.New("finished")

// group owns the goroutines of one side of a transfer. The first error, finish or
// cancel ends ctx, and with it all of them.
//
// It is an errgroup that can also end well, or from outside, while its goroutines
// run.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	eg     *errgroup.Group
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	ctx, g.cancel = context.WithCancelCause(ctx)
	g.eg, g.ctx = errgroup.WithContext(ctx)
	return g
}

func (g *group) start(f func(ctx context.Context) error) {
	g.eg.Go(func() error { return f(g.ctx) })
}

// finish ends the group without an error.
func (g *group) finish() { g.cancel(errFinished) }

// wait waits for all goroutines and returns what ended the group, nil if it
// finished. There has to be a goroutine that only returns once ctx has ended.
func (g *group) wait() error {
	defer g.cancel(nil)
	_ = g.eg.Wait() // the cause says the same, and more if ctx was cancelled
	if err := context.Cause(g.ctx); !errors.Is(err, errFinished) {
		return err
	}
	return nil
}
