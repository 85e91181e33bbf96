package disk

import (
	"context"

	"github.com/tallow-transfer/tallow/internal/blockhash"
)

// File is a file that is being received: what Prepare gives and Commit takes.
// WriteAt and Verified may be called by several goroutines at once; Have comes
// before them and SetSize after.
type File interface {
	// Path is where the file ends up, relative to the destination and with "/"
	// between its elements. It is not always the path in the manifest, and a
	// Commit that finds the name taken may still change it.
	Path() string

	// Have is the blocks of this file, by number, that are here already: an
	// interrupted transfer left them, or the file at its place has them. They
	// are read and hashed now.
	Have(ctx context.Context) (map[uint32]blockhash.Block, error)

	// WriteAt writes at a byte offset of the file. Where the place is taken by a
	// file of the same size, the first bytes that are not that file's apply the
	// conflict policy: then it may ask the person, copy what is the same, and
	// return a *SkipError, which refuses this file alone, or an *ExistsError,
	// which ends the transfer.
	WriteAt(p []byte, off int64) (int, error)

	// Verified says that all bytes of a block were written and have this hash,
	// so that a later transfer may find them with Have. It gives the *SkipError
	// or *ExistsError again that WriteAt gave.
	Verified(index uint32, hash blockhash.Hash) error

	// SetSize sets the final size in bytes, where the manifest did not know it
	// or knew it wrong. Bytes beyond it are dropped.
	SetSize(size int64) error

	// Close gives up a file that is not going to be committed. Blocks that were
	// verified stay for a later transfer. After Commit it does nothing.
	Close() error
}
