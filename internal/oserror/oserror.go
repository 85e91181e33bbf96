// Package oserror tells the cause of an error of the operating system in the
// system's own words. Start with [Cause].
package oserror

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Cause returns the innermost text of an error of the system, without the
// operation and the path that package os puts before it.
func Cause(err error) string {
	var errno syscall.Errno
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &pathErr):
		return pathErr.Err.Error()
	case errors.As(err, &linkErr):
		return linkErr.Err.Error()
	}
	return err.Error()
}

// Wrap returns an error whose text is the Cause of err and that wraps err.
func Wrap(err error) error { return wrapped{err} }

type wrapped struct{ err error }

func (e wrapped) Error() string { return Cause(e.err) }
func (e wrapped) Unwrap() error { return e.err }
