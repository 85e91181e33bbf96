package archive

import "github.com/tallow-transfer/tallow/pkg/files"

// Observer is told what becomes of the entries of an archive. Its methods are called
// one at a time.
type Observer interface {
	// Done is called when a file was written to the archive, or is verified and in place.
	Done(Placed)
	// Failed is called for an entry that failed or was skipped.
	Failed(path, reason string)
	// LeftOut is called for an entry that was left out on purpose.
	LeftOut(path, reason string)
	// Kept is called for an entry that is not taken because it is there already.
	Kept(path, reason string)
	// Advanced is called when n more bytes of files were read or written.
	Advanced(n int64)
}

// Placed is a file that is verified and in place.
type Placed struct {
	Path  string // where it is in the destination
	Name  string // as it was sent
	Taken string // the path that it would have if that were not taken; else empty
	Bytes int64
	Hash  files.Hash // its BLAKE3
}

// Result sums up a Write or a Read.
type Result struct {
	Files   int64 // written, or in place
	Bytes   int64 // of these files
	Failed  int64 // entries that were skipped or failed
	Corrupt int64 // of Failed: files that are not what was read
	Omitted int64 // entries that the source could not give
	LeftOut int64 // entries that the source left out on purpose
	Kept    int64 // entries that are there already and were kept

	// Root is the hash over Files: of one its own, else that of a blockhash.FileSet of
	// their paths as they were sent. It is zero if there are none.
	Root files.Hash

	// Layout is that of Summary, as it was when a Write came by.
	Layout [32]byte
}

// SourceError is an error of the source that ends a Write.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the source.
func (e *SourceError) Unwrap() error { return e.Err }

// DestinationError is an error of the destination that ends a Read.
type DestinationError struct{ Err error }

func (e *DestinationError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the destination.
func (e *DestinationError) Unwrap() error { return e.Err }
