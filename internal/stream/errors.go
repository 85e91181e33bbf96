package stream

import (
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// ErrOneFile means that more than one file was sent, or something else than a
// file.
var ErrOneFile error = oneFileError{}

type oneFileError struct{}

func (oneFileError) Error() string { return "more than a single file is sent" }

// Misfit implements files.Misfit.
func (oneFileError) Misfit() {}

// Brief is what the peer is told.
func (oneFileError) Brief() string { return "it can only write a single file to where it writes" }

// ErrReadBefore means that a stream was opened twice: what was read of it is gone.
var ErrReadBefore = errors.New("the stream was read before")

// TooLongError is a file that is longer than a Buffer.
type TooLongError struct{ Limit int64 } // in bytes

func (e *TooLongError) Error() string { return fmt.Sprintf("longer than %d bytes", e.Limit) }

// Brief is what the peer is told.
func (e *TooLongError) Brief() string {
	return fmt.Sprintf("the text is longer than %d bytes", e.Limit)
}

// ReadError is an error of the reader that is sent.
type ReadError struct {
	Name string // under which it is sent
	Err  error
}

func (e *ReadError) Error() string {
	return fmt.Sprintf("%s: cannot be read: %s", e.Name, oserror.Cause(e.Err))
}
func (e *ReadError) Unwrap() error { return e.Err }

// WriteError is an error of the writer that is received to.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "cannot be written: " + oserror.Cause(e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

// errOtherFile is the error of a Commit of a file of another destination.
func errOtherFile(f files.File) error {
	return fmt.Errorf("%s is not a file of this destination", f.Path())
}
