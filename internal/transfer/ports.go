package transfer

import (
	"context"
	"fmt"
	"io"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Session is what a transfer needs of its session (package session).
type Session interface {
	// Send queues a control message; it arrives once and in order.
	Send(ctx context.Context, m []byte) error
	// Receive returns the next control message.
	Receive(ctx context.Context) ([]byte, error)
	// Broadcast sends a last control message by every lane and waits until it arrived.
	Broadcast(ctx context.Context, m []byte) error
	// Farewell sends a last control message and waits until it arrived or the
	// other side left.
	Farewell(ctx context.Context, m []byte) error
	// Attached returns the lanes one by one as they come up.
	Attached(ctx context.Context) (Lane, error)
	// HandleData sets what takes data records.
	HandleData(f func(by wire.Lanes, plaintext []byte) error)
}

// Lane is what a transfer needs of a lane.
type Lane interface {
	Kind() wire.Lanes
	// Ready waits until the lane may carry data.
	Ready(ctx context.Context) error
	// SendData sends one record of the parts put together. It waits while the
	// lane is full.
	SendData(ctx context.Context, parts ...[]byte) error
	// Underway is how many bytes it was given that have not arrived.
	Underway() int64
	// Done is closed when the lane is dead.
	Done() <-chan struct{}
}

// Source is what is sent.
type Source interface {
	// Names are the names of the paths that are sent.
	Names() []string
	// Count walks everything once. Known is false if there is a stream in it.
	Count(ctx context.Context) (Totals, error)
	// Walk yields every entry, folders before what is in them, and what cannot
	// be sent as an Item with Err. An error of yield ends it.
	Walk(ctx context.Context, yield func(Item) error) error
}

// Totals are the sizes of a source.
type Totals struct {
	Files, Bytes int64
	Stored       int64 // bytes of a disk that they take, where holes take none
	Known        bool
}

// Item is one entry of a source, or, with Err, one that cannot be sent.
type Item struct {
	wire.Entry
	Err  error
	Open func() (SourceFile, error) // for files and streams
}

// SourceFile is an open file of a source.
type SourceFile interface {
	io.ReaderAt // a stream is read strictly in order
	io.Closer
	// Changed tells, as an error for people, if the file is not what it was when
	// it was opened.
	Changed() error
}

// Destination is where a transfer goes.
type Destination interface {
	// Begin is called once the offer is accepted and before all else.
	// It is told what the offer takes of a disk, 0 if that is not known.
	Begin(ctx context.Context, names []string, stored int64) error
	// Prepare takes the entries in the manifest's order. A *Refusal skips the
	// entry; any other error ends the transfer. The File is nil for what is
	// neither a file nor a stream.
	Prepare(ctx context.Context, number uint64, e wire.Entry) (File, error)
	// Commit makes verified files durable and gives them their names. There is
	// one error a file, nil where it is in place.
	Commit(ctx context.Context, files []File) []error
	// Finish is called when all files are committed or failed. An *Unfinished
	// says what is not as it should be although all files are in place; any
	// other error ends the transfer.
	Finish(ctx context.Context) error
}

// File is one file of a destination.
type File interface {
	io.WriterAt // whole blocks, from several goroutines
	// Path is the final relative path, for people.
	Path() string
	// Have lists the blocks that are on disk already.
	Have(ctx context.Context) (map[uint32]blockhash.Block, error)
	// Verified notes that a block is verified and written.
	Verified(index uint32, hash blockhash.Hash) error
	// SetSize gives the file its final size.
	SetSize(size int64) error
	// Close gives up a file that is not going to be committed.
	Close() error
}

// Refusal is an entry that the destination does not take: the name is not
// allowed here, a file is in the way.
type Refusal interface {
	error
	Brief() string // at most wire.MaxSkipReason bytes, for the other side
	Why() string   // for the person here, without the path
}

// Full is an error of a destination that has no room left.
type Full interface {
	error
	Lacks() int64 // bytes that are missing; 0 if nobody knows how many
}

// Unfinished is what Finish could not do: symlinks, attributes of folders.
type Unfinished struct {
	Paths []string // the first of them, with a reason each
	Why   []string
	Count int // of all of them
}

func (e *Unfinished) Error() string {
	return fmt.Sprintf("%d symlinks or folders could not be finished", e.Count)
}
