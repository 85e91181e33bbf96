package tallow

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// openSource is a files.Source that was opened for one Send.
type openSource interface {
	files.Source
	io.Closer
}

// source opens the source that the options name.
func (o SendOptions) source(ctx context.Context, b descriptors.Budget) (openSource, error) {
	given := 0
	for _, is := range []bool{len(o.Paths) > 0, o.Stream != nil, o.Text != "", o.Source != nil} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return nil, usage(ReasonNothingToSend)
	case given > 1:
		return nil, usage(ReasonSeveralSources)
	case o.Source != nil:
		return callersSource{o.Source}, nil
	case o.Text != "":
		return stream.NewText(o.Text), nil
	case o.Stream != nil:
		return stream.NewReader(cmp.Or(o.StreamName, "stdin"), o.Stream), nil
	}
	return openPaths(ctx, o, b)
}

// checker is a source that can tell, before a code is used, what would go wrong
// later.
type checker interface {
	Check(ctx context.Context) error
}

// listingPatience is how long a check may take before the user hears of it.
const listingPatience = time.Second

// check checks a source, if it can be checked.
func (t *transferRun) check(ctx context.Context, s openSource) error {
	c, ok := s.(checker)
	if !ok {
		return nil
	}
	told := make(chan struct{})
	timer := time.AfterFunc(listingPatience, func() {
		defer close(told)
		t.tell(WaitEvent{Reason: WaitListing})
	})
	defer func() {
		if !timer.Stop() {
			<-told
		}
	}()
	return c.Check(ctx)
}

// tellRenamed tells which paths are sent under other names than their own.
func (t *transferRun) tellRenamed(s openSource) {
	r, ok := s.(interface{ Renamed() (given, as []string) })
	if !ok {
		return
	}
	given, as := r.Renamed()
	for i := range given {
		t.tell(RenameEvent{Path: as[i], Name: given[i]})
	}
}

// callersSource is a source that the caller owns and closes.
type callersSource struct{ files.Source }

func (callersSource) Close() error { return nil }
