package files

import (
	"context"
	"io"
)

// Destination is where a transfer is received. The methods are called in this
// order:
//
//	Begin             once
//	Prepare           for every entry, in the order of the manifest, by one goroutine
//	File's methods    from several goroutines
//	Commit            for batches of verified files, beside Prepare and the Files
//	Finish            once, after every file was committed or closed
//
// Entries come from the peer and are hostile until Prepare has checked them.
// A transfer that fails ends without Finish: whoever made the Destination
// releases what it holds.
type Destination interface {
	// Begin is called once the offer is accepted, with its top-level names (at
	// most 100) and the bytes of a disk that it takes, 0 if that is not known.
	Begin(ctx context.Context, names []string, stored int64) error
	// Prepare takes the entry with a number, counted from 0. The File is nil for
	// what is neither a file nor a stream. An error that is a Refusal skips the
	// entry; any other ends the transfer.
	Prepare(ctx context.Context, number uint64, e Entry) (File, error)
	// Commit makes verified files durable and gives them their names. There is
	// one error for each file, nil where it is in place.
	Commit(ctx context.Context, files []File) []error
	// Finish makes what is left to be made: links, and modes and times of
	// folders. An *UnfinishedError says what is not as it should be although
	// every file is in place; any other error ends the transfer.
	Finish(ctx context.Context) error
}

// HashSize is the number of bytes of a hash.
const HashSize = 32

// Hash is the BLAKE3 hash of a file, or the chaining value of one of its blocks.
type Hash = [HashSize]byte

// Block is the hash of one block of 1 MiB; the last block of a file may be
// shorter.
type Block struct {
	Hash Hash // the BLAKE3 chaining value of the block at its place in the file
	Root Hash // the BLAKE3 hash of the block as a whole file; used for block 0 alone
}

// File is one file that is being received. WriteAt and Verified are called by
// several goroutines at once; Have comes before them and SetSize after.
type File interface {
	// WriteAt writes whole blocks.
	io.WriterAt
	// Path is where the file ends up, relative to the destination and separated
	// by "/". It is for people, and may change until the file is committed.
	Path() string
	// Have returns the blocks that the destination holds already, by number: an
	// interrupted transfer left them. They are not sent again.
	Have(ctx context.Context) (map[uint32]Block, error)
	// Verified says that a block was written and has this hash, so that a later
	// transfer may find it with Have.
	Verified(index uint32, hash Hash) error
	// SetSize gives the file its final size in bytes.
	SetSize(size int64) error
	// Close gives up a file that is not going to be committed. After Commit it
	// does nothing.
	Close() error
}
