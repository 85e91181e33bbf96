package source

import (
	"fmt"

	"github.com/tallow-transfer/tallow/internal/oserror"
)

// Fault is what is wrong with a path that was given to NewPaths.
type Fault string

// The faults.
const (
	FaultNone            Fault = "no path was given"
	FaultEmpty           Fault = "the path is empty"
	FaultMissing         Fault = "there is nothing at the path"
	FaultUnreadable      Fault = "the path cannot be read"
	FaultBrokenLink      Fault = "the path is a symlink to nothing"
	FaultLinkLoop        Fault = "the path is a symlink that leads in a circle"
	FaultSpecial         Fault = "the path is neither a file nor a folder"
	FaultNotUTF8         Fault = "the name is not UTF-8"
	FaultWholeDisk       Fault = "a whole file system has no name"
	FaultNothingLeft     Fault = "the filters leave nothing to send"
	FaultUnsafeName      Fault = "a name has control characters"
	FaultNoCurrentFolder Fault = "the current folder cannot be found"
)

// PathError is the error of NewPaths or Check for one of the paths.
type PathError struct {
	Fault Fault
	Path  string // as it was given; as it is listed with FaultUnsafeName and FaultNothingLeft
	Other string // with FaultBrokenLink: the target
	Kind  string // with FaultSpecial: what it is
	Count int    // with FaultUnsafeName and FaultNothingLeft: how many there are, of which Path is the first
	Why   string // with FaultNothingLeft: which filter leaves Path out
	Err   error  // the cause, or nil
}

func (e *PathError) Error() string { return fmt.Sprintf("%q: %s", e.Path, e.Fault) }
func (e *PathError) Unwrap() error { return e.Err }

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
	return &Error{Path: p, Reason: "cannot be read: " + oserror.Cause(err), Err: err}
}
