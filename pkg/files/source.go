package files

import (
	"context"
	"io"
)

// Source is what is sent. Count and Walk may be called more than once, Walk
// while files are open; both see the same entries unless the source changes.
type Source interface {
	// Names are the top-level names, in the order in which they are offered.
	Names() []string
	// Count walks everything once and adds it up.
	Count(ctx context.Context) (Totals, error)
	// Walk calls yield for every entry, a folder before what is in it. What
	// cannot be sent is an Item with Err. An error of yield ends the walk and is
	// returned.
	Walk(ctx context.Context, yield func(Item) error) error
}

// Totals are the sizes of a source.
type Totals struct {
	Files  int64 // files and streams
	Bytes  int64 // of the files
	Stored int64 // bytes of a disk that they take: fewer than Bytes where files are sparse
	Known  bool  // false if there is a stream, whose bytes are not counted
}

// Item is one entry of a source or, with Err, one that cannot be sent.
type Item struct {
	Entry
	// Err says why the entry cannot be sent. Of Entry only Path is used then.
	Err error
	// Open opens a file or a stream for reading. A stream is opened once.
	Open func() (SourceFile, error)
}

// SourceFile is an open file of a source. A file is read at any offset by
// several goroutines. A stream is read in order by one: each ReadAt begins
// where the last one ended, and fewer bytes than asked for, with io.EOF, come
// only at its end.
type SourceFile interface {
	io.ReaderAt
	io.Closer
	// Changed returns an error if the file is no longer what it was when it was
	// listed and opened. It is called after the last byte was read.
	Changed() error
}
