package tallow

import (
	"context"
	"errors"
	"io"

	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// source is what is sent, as package transfer wants it, and closes.
type source interface {
	transfer.Source
	io.Closer
}

// diskSource is what the sources of package disk have in common.
type diskSource interface {
	Names() []string
	Count(ctx context.Context) (disk.Totals, error)
	Walk(ctx context.Context, yield func(disk.Item) error) error
	Open(it disk.Item) (disk.SourceFile, error)
	io.Closer
}

// source opens what the options say is to be sent.
func (o SendOptions) source() (source, error) {
	given := 0
	for _, is := range []bool{len(o.Paths) > 0, o.Stream != nil, o.Text != ""} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, usage("nothing to send, or more than one kind of thing", "Give paths, or a stream, or a text.")
	case o.Text != "":
		return fromDisk{disk.NewText(o.Text)}, nil
	case o.Stream != nil:
		name := o.StreamName
		if name == "" {
			name = "stdin"
		}
		return fromDisk{disk.NewStream(name, o.Stream)}, nil
	}
	s, err := disk.NewSource(o.Paths)
	var problem *disk.Problem
	switch {
	case errors.As(err, &problem):
		return nil, &Error{Kind: KindIO, Message: problem.Error(), Hint: "Check the permissions of the path.", Err: err}
	case err != nil:
		return nil, usage(err.Error(), "")
	}
	return fromDisk{s}, nil
}

// fromDisk is a source of package disk as package transfer wants it.
type fromDisk struct{ diskSource }

func (s fromDisk) Count(ctx context.Context) (transfer.Totals, error) {
	t, err := s.diskSource.Count(ctx)
	return transfer.Totals{Files: t.Files, Bytes: t.Bytes, Stored: t.Stored, Known: t.Known}, err
}

func (s fromDisk) Walk(ctx context.Context, yield func(transfer.Item) error) error {
	return s.diskSource.Walk(ctx, func(it disk.Item) error {
		return yield(transfer.Item{
			Entry: it.Entry,
			Err:   reason(it.Problem),
			Open:  func() (transfer.SourceFile, error) { return s.Open(it) },
		})
	})
}

// reason is a problem without its path, which the transfer tells beside it.
func reason(err error) error {
	var p *disk.Problem
	if errors.As(err, &p) {
		return errors.New(p.Reason)
	}
	return err
}

// diskDestination is what the destinations of package disk have in common.
type diskDestination interface {
	Begin(ctx context.Context, names []string, bytes int64) error
	Prepare(ctx context.Context, number uint64, e wire.Entry) (disk.File, error)
	Commit(ctx context.Context, files []disk.File) []error
	Finish(ctx context.Context) error
}

// toDisk is a destination of package disk as package transfer wants it.
type toDisk struct{ diskDestination }

// toFolder is a toDisk that says when the folder is ready.
type toFolder struct {
	toDisk
	ready func()
}

func (d toFolder) Begin(ctx context.Context, names []string, bytes int64) error {
	err := d.toDisk.Begin(ctx, names, bytes)
	if err == nil {
		d.ready()
	}
	return err
}

func newDestination(d diskDestination) transfer.Destination { return toDisk{d} }

func (d toDisk) Prepare(ctx context.Context, number uint64, e wire.Entry) (transfer.File, error) {
	f, err := d.diskDestination.Prepare(ctx, number, e)
	if f == nil || err != nil {
		return nil, err
	}
	return f, nil
}

func (d toDisk) Commit(ctx context.Context, files []transfer.File) []error {
	disks := make([]disk.File, len(files))
	for i, f := range files {
		disks[i] = f.(disk.File)
	}
	return d.diskDestination.Commit(ctx, disks)
}

func (d toDisk) Finish(ctx context.Context) error {
	err := d.diskDestination.Finish(ctx)
	var partial *disk.PartialError
	if !errors.As(err, &partial) {
		return err
	}
	u := &transfer.Unfinished{Count: partial.Count}
	for _, p := range partial.Problems {
		u.Paths, u.Why = append(u.Paths, p.Path), append(u.Why, p.Reason)
	}
	return u
}
