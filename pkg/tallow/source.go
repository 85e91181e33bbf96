package tallow

import (
	"cmp"
	"errors"
	"io"

	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// source is what the options say is to be sent, and what to call at the end.
func (o SendOptions) source() (s files.Source, closeSource func(), err error) {
	given := 0
	for _, is := range []bool{len(o.Paths) > 0, o.Stream != nil, o.Text != "", o.Source != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		reason := ReasonSeveralSources
		if given == 0 {
			reason = ReasonNothingToSend
		}
		return nil, nil, usage(reason)
	}
	var opened interface {
		files.Source
		io.Closer
	}
	switch {
	case o.Source != nil:
		return o.Source, func() {}, nil
	case o.Text != "":
		opened = source.NewText(o.Text)
	case o.Stream != nil:
		opened = source.NewStream(cmp.Or(o.StreamName, "stdin"), o.Stream)
	default:
		paths, err := source.NewPaths(o.Paths)
		if err != nil {
			return nil, nil, sourceError(err)
		}
		opened = paths
	}
	return opened, func() { _ = opened.Close() }, nil
}

// sourceError is what is wrong with the paths that were given.
func sourceError(err error) *Error {
	var problem *source.Error
	if errors.As(err, &problem) {
		return &Error{Kind: KindIO, Reason: ReasonUnreadable, Path: problem.Path, Detail: problem.Reason, Err: err}
	}
	return &Error{Kind: KindUsage, Reason: ReasonDisk, Detail: err.Error(), Err: err}
}
