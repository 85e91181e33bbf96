package destination

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
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
	return e.Path + " is there already and was not touched"
}

// Hint says what to do next.
func (e *ExistsError) Hint() string {
	return "Choose with --on-conflict rename, overwrite or skip, or receive into another folder with --output."
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
	switch {
	case e.Quota && e.Needed > 0:
		return fmt.Sprintf("this user's quota on the disk of %s is used up, and %s are still to come", e.Dir, exactSize(e.Needed))
	case e.Quota:
		return fmt.Sprintf("this user's quota on the disk of %s is used up", e.Dir)
	case e.Needed > 0:
		return fmt.Sprintf("the disk of %s is full: %s more are needed", e.Dir, exactSize(e.Needed))
	}
	return fmt.Sprintf("the disk of %s takes no more files or bytes: %s", e.Dir, osfs.Cause(e.Err))
}

const againOrElsewhere = ", and run the same command again while the sender waits: it goes on where it stopped. " +
	"Or send again, and receive into another folder with --output."

// Hint says what to do next.
func (e *SpaceError) Hint() string {
	if e.Quota {
		return "Remove files of your own there, or have the quota raised" + againOrElsewhere
	}
	return "Make room" + againOrElsewhere
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

func (e *WriteError) Error() string { return e.Place + " cannot be written: " + osfs.Cause(e.Err) }

// Hint says what to do next.
func (e *WriteError) Hint() string {
	const again = ", and run the same command again: it goes on where it stopped. Or receive into another folder with --output."
	switch {
	case osfs.IsReadOnly(e.Err):
		return "The disk is read-only. Mount it for writing" + again
	case errors.Is(e.Err, fs.ErrPermission):
		return "Change the permissions of the folder" + again
	}
	return "See that the disk is there and sound" + again
}

// Brief is what the peer is told: nothing about this machine.
func (e *WriteError) Brief() string { return "its disk cannot be written" }

func (e *WriteError) Unwrap() error { return e.Err }

// errOtherFile is the error of a Commit of a file of another destination.
func errOtherFile(f files.File) error {
	return fmt.Errorf("%s is not a file of this destination", f.Path())
}

// exactSize returns a number of bytes for people, and the number itself.
func exactSize(n int64) string {
	if n < 1024 {
		return size(n)
	}
	return fmt.Sprintf("%s (%d bytes)", size(n), n)
}

// size returns a number of bytes for people.
func size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d bytes", n)
	}
	v, prefix := float64(n)/unit, "KMGTPE"
	for v >= unit && len(prefix) > 1 {
		v, prefix = v/unit, prefix[1:]
	}
	return fmt.Sprintf("%.1f %ciB", v, prefix[0])
}
