package stream

import (
	"context"
	"io"
	"sync"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// Writer is a files.Destination of one file or stream on an io.Writer, such as
// standard output. What is written is verified and in order. Blocks that come
// early wait in memory, at most maxAhead of them.
type Writer struct {
	w io.Writer

	mu   sync.Mutex
	file *writerFile
}

// NewWriter returns a destination on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Begin returns an error if there is more than one file, as far as names tell.
func (w *Writer) Begin(ctx context.Context, names []string, _ int64) error {
	if len(names) > 1 {
		return ErrOneFile
	}
	return ctx.Err()
}

// Prepare takes the one file. The error for anything else ends the transfer.
func (w *Writer) Prepare(ctx context.Context, _ uint64, e files.Entry) (files.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil || (e.Kind != files.KindFile && e.Kind != files.KindStream) {
		return nil, ErrOneFile
	}
	w.file = newWriterFile(w.w, e)
	return w.file, nil
}

// Commit waits until everything is written.
func (w *Writer) Commit(ctx context.Context, verified []files.File) []error {
	errs := make([]error, len(verified))
	for i, file := range verified {
		if f, ok := file.(*writerFile); ok && f == w.file {
			errs[i] = f.commit(ctx)
		} else {
			errs[i] = errOtherFile(file)
		}
	}
	return errs
}

// Finish does nothing: Commit has waited.
func (w *Writer) Finish(ctx context.Context) error { return ctx.Err() }

// Close ends the use of the io.Writer, which is not closed.
//
// Afterwards nothing is written any more, with one exception: a Write that is under
// way when Close is called goes on if nothing can interrupt it. That is so for
// standard output that is a terminal, or a pipe that was opened in blocking mode,
// as shells do: there such a Write ends when somebody reads or closes the other
// end, or with the process. Writes to writers with a working SetWriteDeadline
// (network connections, files that Go polls), and to regular files, do end, and
// Close waits for them.
func (w *Writer) Close() error {
	w.mu.Lock()
	f := w.file
	w.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.Close()
}
