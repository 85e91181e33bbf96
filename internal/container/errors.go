package container

import (
	"errors"
	"fmt"
)

// What can be wrong with a container. Nothing that was read before one of these is
// more than a beginning, and nothing of what it concerns is returned.
var (
	// ErrFormat says that the bytes are no container.
	ErrFormat = errors.New("not a container")
	// ErrVersion says that a newer program made the container.
	ErrVersion = errors.New("a container of a version that is not known")
	// ErrKey says that the key or the password is wrong, or that the header was changed.
	ErrKey = errors.New("the key is wrong, or the header was changed")
	// ErrHeader says that the header was changed, though the key was in it.
	ErrHeader = errors.New("the header was changed")
	// ErrTruncated says that the end is missing.
	ErrTruncated = errors.New("the end is missing")
	// ErrTrailing says that something follows the last chunk.
	ErrTrailing = errors.New("something follows the end")
	// ErrCorrupt is in every *ChunkError.
	ErrCorrupt = errors.New("damaged")
)

// ChunkError says that a chunk is not what was sealed at its place.
type ChunkError struct{ Index uint64 }

func (e *ChunkError) Error() string { return fmt.Sprintf("chunk %d is damaged", e.Index) }

// Unwrap returns ErrCorrupt.
func (e *ChunkError) Unwrap() error { return ErrCorrupt }

// CostError says that a header asks for more work than is done for a password.
type CostError struct{ Cost Cost }

func (e *CostError) Error() string {
	return fmt.Sprintf("deriving the key would take %d passes over %d KiB on %d lanes", e.Cost.Passes, e.Cost.Memory, e.Cost.Lanes)
}
