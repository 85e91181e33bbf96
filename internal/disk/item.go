package disk

import (
	"io"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Item is one entry of what is sent, or a problem with one.
type Item struct {
	wire.Entry

	// Problem, if not nil, says why the entry cannot be sent. It is a *Problem;
	// of Entry only Path is of use then, for people.
	Problem error

	stamp  stamp // of a file when it was listed
	stored int64 // bytes of the disk that it takes
}

// Totals is what a walk finds.
type Totals struct {
	Files    int64 // files and streams
	Folders  int64
	Links    int64
	Problems int64 // entries that cannot be sent
	Bytes    int64 // of the files
	Stored   int64 // of the disk that they take: less for sparse files
	Known    bool  // false if there is a stream, whose bytes are not counted
}

func (t *Totals) add(i Item) {
	switch {
	case i.Problem != nil:
		t.Problems++
	case i.Kind == wire.KindDir:
		t.Folders++
	case i.Kind == wire.KindSymlink:
		t.Links++
	default:
		t.Files++
		t.Bytes += i.Size
		t.Stored += i.stored
		t.Known = t.Known && i.Kind != wire.KindStream
	}
}

// SourceFile is an open file of the sending side.
//
// The file of a Source may be read at any offset by several goroutines. That
// of a Stream is read strictly in order, each ReadAt beginning where the last
// one ended; fewer bytes than asked for, with io.EOF, come only at the end.
type SourceFile interface {
	io.ReaderAt
	io.Closer

	// Changed is nil if the file is as it was when it was listed and opened,
	// else an error for people. It is asked after the last byte was read.
	Changed() error
}
