package tallow

import (
	"cmp"
	"context"
	"io"

	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// openSource is a files.Source that was opened for one Send.
type openSource interface {
	files.Source
	io.Closer
}

// source opens the source that the options name.
func (o SendOptions) source() (openSource, error) {
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
	return openPaths(o)
}

// check finds what would go wrong with a source later, as far as it can, before a
// code is used.
func check(ctx context.Context, s files.Source) error {
	if c, ok := s.(interface{ Check(context.Context) error }); ok {
		return c.Check(ctx)
	}
	return nil
}

// callersSource is a source that the caller owns and closes.
type callersSource struct{ files.Source }

func (callersSource) Close() error { return nil }
