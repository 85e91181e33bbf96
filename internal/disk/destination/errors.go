package destination

import (
	"fmt"

	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// SkipError is the files.Refusal of one entry.
type SkipError struct {
	Path   string // as the peer gave it
	Reason string // for the peer: at most wire.MaxSkipReason bytes, nothing about this machine
	Detail string // for the user: what happened and what to do
	Err    error  // the cause, or nil
}

func (e *SkipError) Error() string { return e.Path + ": " + e.Detail }

// Why returns Detail.
func (e *SkipError) Why() string { return e.Detail }

// Brief returns Reason.
func (e *SkipError) Brief() string { return e.Reason }

func (e *SkipError) Unwrap() error { return e.Err }

// ExistsError ends a transfer under PolicyFail, because a name is taken.
type ExistsError struct {
	Path string // relative to the destination
}

func (e *ExistsError) Error() string {
	return e.Path + " exists"
}

// Brief is what the peer is told: nothing about this machine.
func (e *ExistsError) Brief() string { return "a file of that name is there already" }

// SpaceError is the files.NoSpace error of a Folder. What was verified is kept.
type SpaceError struct {
	Dir    string // the destination
	Needed int64  // bytes that have to be freed before the transfer can end; 0 if not known
	Quota  bool   // the disk has the room, but this user's quota does not
	Err    error  // of the write that failed; nil if the room was too small from the start
}

func (e *SpaceError) Error() string {
	what := "no space"
	if e.Quota {
		what = "the quota is used up"
	}
	return fmt.Sprintf("%s: %s: %d bytes more are needed", e.Dir, what, e.Needed)
}

// Brief is what the peer is told: nothing about this machine but how many bytes it
// needs.
func (e *SpaceError) Brief() string {
	if e.Needed > 0 {
		return fmt.Sprintf("its disk is full: %d bytes missing", e.Needed)
	}
	return "its disk is full"
}

// Missing returns Needed.
func (e *SpaceError) Missing() int64 { return e.Needed }

func (e *SpaceError) Unwrap() error { return e.Err }

// WriteError says that the destination cannot be written for another reason than
// a full disk. What was verified is kept.
type WriteError struct {
	Place string // the destination, or the path of an entry
	Err   error
}

func (e *WriteError) Error() string { return e.Place + " cannot be written: " + oserror.Cause(e.Err) }

// Brief is what the peer is told: nothing about this machine.
func (e *WriteError) Brief() string { return "its disk cannot be written" }

func (e *WriteError) Unwrap() error { return e.Err }

// errOtherFile is the error of a Commit of a file of another destination.
func errOtherFile(f files.File) error {
	return fmt.Errorf("%s is not a file of this destination", f.Path())
}

// NameError is an Options.As that no file can have here.
type NameError struct{ Name string }

func (e *NameError) Error() string { return fmt.Sprintf("%q cannot be a name here", e.Name) }

// Brief is what the peer is told.
func (e *NameError) Brief() string { return "it has chosen a name that it cannot give" }

// OneNameError is an Options.As where more than one thing is sent.
type OneNameError struct {
	Name  string
	Count int // of what is sent
}

func (e *OneNameError) Error() string {
	return fmt.Sprintf("%d files and folders cannot all be called %s", e.Count, e.Name)
}

// Brief is what the peer is told.
func (e *OneNameError) Brief() string { return "it has one name for several files and folders" }

// FolderError is a folder that cannot be made or used.
type FolderError struct {
	Dir string
	Err error
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("%s cannot be used as a folder: %s", e.Dir, oserror.Cause(e.Err))
}

// Brief is what the peer is told.
func (e *FolderError) Brief() string { return "its folder cannot be used" }

func (e *FolderError) Unwrap() error { return e.Err }
