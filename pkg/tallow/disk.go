package tallow

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// This file adapts package disk to the ports of package files. It goes once
// package disk implements them itself.

// diskSource is what the sources of package disk have in common.
type diskSource interface {
	Names() []string
	Count(ctx context.Context) (disk.Totals, error)
	Walk(ctx context.Context, yield func(disk.Item) error) error
	Open(it disk.Item) (disk.SourceFile, error)
	io.Closer
}

// fromDisk is a source of package disk as a files.Source.
type fromDisk struct{ diskSource }

func (s fromDisk) Count(ctx context.Context) (files.Totals, error) {
	t, err := s.diskSource.Count(ctx)
	return files.Totals{Files: t.Files, Bytes: t.Bytes, Stored: t.Stored, Known: t.Known}, err
}

func (s fromDisk) Walk(ctx context.Context, yield func(files.Item) error) error {
	return s.diskSource.Walk(ctx, func(it disk.Item) error {
		return yield(files.Item{
			Entry: entryFromDisk(it.Entry),
			Err:   reason(it.Problem),
			Open:  func() (files.SourceFile, error) { return s.Open(it) },
		})
	})
}

// entryFromDisk converts an entry of package disk, whose modes are permission
// bits alone.
func entryFromDisk(e wire.Entry) files.Entry {
	return files.Entry{
		Kind: files.Kind(e.Kind), Path: e.Path, Mode: fs.FileMode(e.Mode) & fs.ModePerm,
		ModTime: time.Unix(0, e.MTime), Size: e.Size, Target: e.Target,
	}
}

// entryToDisk converts an entry for package disk, which makes no use of modes
// but for their permission bits.
func entryToDisk(e files.Entry) wire.Entry {
	return wire.Entry{
		Kind: wire.Kind(e.Kind), Path: e.Path, Mode: uint16(e.Mode.Perm()),
		MTime: e.ModTime.UnixNano(), Size: e.Size, Target: e.Target,
	}
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

// toDisk is a destination of package disk as a files.Destination.
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

func newDestination(d diskDestination) files.Destination { return toDisk{d} }

func (d toDisk) Begin(ctx context.Context, names []string, bytes int64) error {
	return noSpace(d.diskDestination.Begin(ctx, names, bytes))
}

func (d toDisk) Prepare(ctx context.Context, number uint64, e files.Entry) (files.File, error) {
	f, err := d.diskDestination.Prepare(ctx, number, entryToDisk(e))
	if f == nil || err != nil {
		return nil, noSpace(err)
	}
	return diskFile{f}, nil
}

func (d toDisk) Commit(ctx context.Context, verified []files.File) []error {
	disks := make([]disk.File, len(verified))
	for i, f := range verified {
		disks[i] = f.(diskFile).File
	}
	errs := d.diskDestination.Commit(ctx, disks)
	for i, err := range errs {
		errs[i] = noSpace(err)
	}
	return errs
}

func (d toDisk) Finish(ctx context.Context) error {
	err := d.diskDestination.Finish(ctx)
	var partial *disk.PartialError
	if !errors.As(err, &partial) {
		return noSpace(err)
	}
	u := &files.UnfinishedError{Count: partial.Count}
	for _, p := range partial.Problems {
		u.Paths, u.Reasons = append(u.Paths, p.Path), append(u.Reasons, p.Reason)
	}
	return u
}

// diskFile is a disk.File whose errors are those of package files.
type diskFile struct{ disk.File }

func (f diskFile) Have(ctx context.Context) (map[uint32]files.Block, error) {
	have, err := f.File.Have(ctx)
	return have, noSpace(err)
}

func (f diskFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	return n, noSpace(err)
}

func (f diskFile) Verified(index uint32, hash files.Hash) error {
	return noSpace(f.File.Verified(index, hash))
}

func (f diskFile) SetSize(size int64) error { return noSpace(f.File.SetSize(size)) }

// noSpaceError is an error with a *disk.SpaceError in it as a files.NoSpace.
type noSpaceError struct {
	error
	missing int64
}

func (e *noSpaceError) Unwrap() error  { return e.error }
func (e *noSpaceError) Missing() int64 { return e.missing }

func noSpace(err error) error {
	var space *disk.SpaceError
	if !errors.As(err, &space) {
		return err
	}
	return &noSpaceError{err, space.Missing}
}
