package osfs

import (
	"context"
	"errors"
	"os"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// Dir is an open folder below a base folder. Operations on it reach the folder
// that was opened, whatever has its name since.
type Dir struct {
	Base *os.Root // the destination
	Path string   // relative to Base, separated by "/"; empty for Base itself
	Root *os.Root // the folder; equal to Base for Base itself
	File *os.File // the folder again, for its descriptor; opened by Open
}

// Open opens File if it is not open yet. If no descriptor is left, it waits for one
// until ctx ends.
func (d *Dir) Open(ctx context.Context) error {
	if d.File != nil {
		return nil
	}
	f, err := descriptors.Open(ctx, func() (*os.File, error) { return d.Root.Open(".") })
	if err != nil {
		return err
	}
	d.File = f
	return nil
}

// Close closes the folder, but not Base.
func (d *Dir) Close() error {
	var err error
	if d.File != nil {
		err = d.File.Close()
	}
	if d.Root != d.Base {
		err = errors.Join(err, d.Root.Close())
	}
	return err
}
