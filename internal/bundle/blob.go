package bundle

import (
	"context"
	"io"
)

// Blob is a file of some storage that a bundle has for itself. WriteAt beyond its
// end makes it longer. An error that the storage is full is a files.NoSpace.
type Blob interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Flush makes durable what was written.
	Flush() error
}

// Storage is where bundles are kept. Several processes may have the same one.
type Storage interface {
	// Lock waits until no other process holds the lock, and holds it until unlock is
	// called. Whoever looks at bundles of others, or makes one, holds it: one that is
	// open for a moment would be missed, and an empty one taken for a leftover.
	Lock(ctx context.Context) (unlock func(), err error)
	// List returns the names of all bundles.
	List(ctx context.Context) ([]string, error)
	// Open opens the data and the journal of a bundle, which it creates if they are
	// not there. It fails if the bundle is open already, here or in another
	// process.
	Open(ctx context.Context, name string) (data, journal Blob, err error)
	// Remove deletes a bundle that is not open.
	Remove(ctx context.Context, name string) error
	// Free returns how many bytes more may be stored, or -1 if that is not known.
	Free(ctx context.Context) (int64, error)
}
