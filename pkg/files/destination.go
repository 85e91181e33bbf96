package files

import (
	"context"
	"io"
)

// Destination is where a transfer is received. Its methods are called in this
// order:
//
//	Begin             once
//	Prepare           for every entry, in the order of the manifest, by one goroutine
//	File's methods    by several goroutines
//	Commit            with batches of verified files, while Prepare and Files go on;
//	                  of a Stager Secure and Place instead
//	Finish            once, after every file was committed or closed
//
// Entries come from the peer and are hostile until Prepare has checked them:
// paths may try to leave the destination, and sizes may be lies.
//
// A transfer that fails ends without Finish. Whoever made the Destination
// releases what it holds then.
//
// Every implementation should pass the tests of package filestest.
type Destination interface {
	// Begin is called once the offer is accepted. It gets the top-level names, at
	// most 100, and how many bytes on disk the offer takes, 0 if that is not
	// known. An error ends the transfer.
	Begin(ctx context.Context, names []string, stored int64) error
	// Prepare gets ready for an entry. Entries are numbered from 0. The File is
	// nil for an entry that is neither a file nor a stream. A Refusal skips the
	// entry; any other error ends the transfer.
	Prepare(ctx context.Context, number uint64, e Entry) (File, error)
	// Commit makes verified files durable and gives them their final names. It
	// returns one error for each file, nil if the file is in place. A Refusal
	// skips the file; any other error ends the transfer.
	Commit(ctx context.Context, files []File) []error
	// Finish does what can only be done at the end: it makes links, and sets the
	// modes and times of folders. An *UnfinishedError lists what failed although
	// every file is in place; any other error ends the transfer.
	Finish(ctx context.Context) error
}

// Stager is a Destination that also commits in two steps, so that one batch is made
// durable while the one before it gets its names. Secure and Place are then called instead
// of Commit, each by one goroutine at a time.
type Stager interface {
	Destination
	// Secure makes verified files durable, and gives them no name yet. It returns one
	// error for each file, as Commit does.
	Secure(ctx context.Context, files []File) []error
	// Place gives files their final names, for which Secure returned no error, in the
	// order in which they were secured, though perhaps not as many at a time. It returns
	// one error for each file, nil if the file is in place, as Commit does.
	Place(ctx context.Context, files []File) []error
}

// Resumable is a Destination that outlives the process: what has arrived is found
// again by the next process, which goes on with the same code while the sender
// waits.
type Resumable interface {
	Destination
	// Remembered returns what Remember stored in earlier processes with transfers
	// that are not finished, newest first.
	Remembered() [][]byte
	// Interrupted reports whether an unfinished transfer of these top-level names
	// is there, which Begin with them takes up.
	Interrupted(names []string) bool
	// Remember stores what the next process needs, after Begin.
	Remember(sealed []byte) error
	// Keep keeps what Remember stored even if no file has arrived.
	Keep()
}

// BlockSize is the number of bytes of a block: the unit in which files are sent,
// verified and resumed. The last block of a file may be shorter.
const BlockSize = 1 << 20

// HashSize is the number of bytes of a hash.
const HashSize = 32

// Hash is the BLAKE3 hash of a file, or the chaining value of one of its blocks.
type Hash = [HashSize]byte

// Block is the hash of one block.
type Block struct {
	Hash Hash // the BLAKE3 chaining value of the block at its place in the file
	Root Hash // the BLAKE3 hash of the block as a whole file; used for block 0 only
}

// File is one file that is being received. Have is called first. WriteAt and
// Verified are then called by several goroutines at once, and SetSize last,
// before the file is committed.
type File interface {
	// WriteAt writes whole blocks, in any order. A Refusal gives up this file;
	// any other error ends the transfer.
	io.WriterAt
	// Path is where the file ends up, relative to the destination and separated
	// by "/". It is shown to people, and may change until the file is committed.
	Path() string
	// Have returns the blocks that the destination holds already, by number, as
	// an interrupted transfer left them. They are not sent again. A destination
	// that resumes nothing returns nil.
	Have(ctx context.Context) (map[uint32]Block, error)
	// Verified says that a block was written and has this hash, so that Have of a
	// later transfer can return it.
	Verified(index uint32, hash Hash) error
	// SetSize sets the final size in bytes. It is called for streams.
	SetSize(size int64) error
	// Close gives up a file that is not going to be committed. After Commit it
	// does nothing.
	Close() error
}

// Renamed is a File whose Destination may give it another name, because its own
// is taken.
type Renamed interface {
	File
	// Taken returns the path that the file would have had, or nothing if it has that.
	Taken() string
}
