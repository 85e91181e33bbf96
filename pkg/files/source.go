package files

import (
	"context"
	"io"
)

// Source is what is sent. Count and Walk may each be called more than once, and
// files are opened and read while Walk runs. All calls see the same entries
// unless the source changes.
type Source interface {
	// Names are the top-level names, in the order in which they are offered.
	Names() []string
	// Count walks everything and adds it up. Items with Err do not count.
	Count(ctx context.Context) (Totals, error)
	// Walk calls yield for every entry, a folder before what is in it. An entry
	// that cannot be sent is an Item with Err; the walk goes on after it. If yield
	// returns an error, Walk ends and returns it.
	Walk(ctx context.Context, yield func(Item) error) error
}

// Totals are the sizes of a source.
type Totals struct {
	Files  int64 // files and streams
	Bytes  int64 // of the files
	Stored int64 // bytes on disk that they take: fewer than Bytes if files are sparse
	Known  bool  // false if there is a stream, whose bytes are not counted
}

// Item is one entry of a source or, with Err, one that cannot be sent.
type Item struct {
	Entry
	// Err says why the entry cannot be sent, without its path. The rest of Entry
	// but Path is then not used.
	Err error
	// Open opens a file or a stream for reading. A stream is opened only once. It
	// is not called for folders and links, and may be nil there.
	Open func() (SourceFile, error)
	// Read, if it is not nil, is a shorter way to a file of a few KB. It opens the file,
	// reads it from its beginning until p is full or the file ends, closes it, and says as Changed
	// does whether it is still what was listed. It may be called by several goroutines for
	// different items. A p that is longer than Size shows that the file has grown.
	Read func(p []byte) (n int, err error)
}

// SourceFile is an open file of a source. A file is read at any offset by
// several goroutines. A stream is read in order by one: each ReadAt begins
// where the last one ended, and fewer bytes than asked for, with io.EOF, come
// only at its end.
//
// Close may be called while ReadAt runs, which a cancelled transfer does, and more
// than once. It should make a read end that would otherwise block for long.
type SourceFile interface {
	io.ReaderAt
	io.Closer
	// Changed returns an error, such as ErrChanged, if the file is no longer what
	// it was when it was listed. It is called after the last byte was read.
	Changed() error
}
