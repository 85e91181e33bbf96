package source

import "github.com/tallow-transfer/tallow/internal/disk/osfs"

// Error is the error for one path that cannot be sent.
type Error struct {
	Path   string // as it was given, or as it is listed
	Reason string // for people
	Err    error  // the cause, or nil
}

func (e *Error) Error() string { return e.Path + ": " + e.Reason }
func (e *Error) Unwrap() error { return e.Err }

// ItemError is the Err of a files.Item, which has the path already.
type ItemError struct {
	Reason string // for people
	Err    error  // the cause, or nil
}

func (e *ItemError) Error() string { return e.Reason }
func (e *ItemError) Unwrap() error { return e.Err }

func unreadable(p string, err error) *Error {
	return &Error{Path: p, Reason: "cannot be read: " + osfs.Cause(err), Err: err}
}
