package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// SpaceError says that the destination's disk has not enough room. What was
// verified is kept.
type SpaceError struct {
	Dir     string // the destination
	Missing int64  // bytes to be freed before the transfer can end; 0 if that cannot be told
	Quota   bool   // the room is there, but not for this user
	Err     error  // the failed write, nil if the room was found short beforehand
}

func (e *SpaceError) Error() string {
	switch {
	case e.Quota && e.Missing > 0:
		return fmt.Sprintf("this user's quota on the disk of %s is used up, and %s are still to come", e.Dir, exactSize(e.Missing))
	case e.Quota:
		return fmt.Sprintf("this user's quota on the disk of %s is used up", e.Dir)
	case e.Missing > 0:
		return fmt.Sprintf("the disk of %s is full: %s more are needed", e.Dir, exactSize(e.Missing))
	}
	return fmt.Sprintf("the disk of %s takes no more files or bytes: %s", e.Dir, cause(e.Err))
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

// Brief is for the peer: nothing of this machine but how much it lacks.
func (e *SpaceError) Brief() string {
	if e.Missing > 0 {
		return fmt.Sprintf("its disk is full: %d bytes missing", e.Missing)
	}
	return "its disk is full"
}

// Lacks is Missing.
func (e *SpaceError) Lacks() int64 { return e.Missing }

func (e *SpaceError) Unwrap() error { return e.Err }

// WriteError says that the destination cannot be written for another reason
// than want of room. What was verified is kept.
type WriteError struct {
	Place string // the destination, or an entry's path
	Err   error
}

func (e *WriteError) Error() string { return e.Place + " cannot be written: " + cause(e.Err) }

// Hint says what to do next.
func (e *WriteError) Hint() string {
	const again = ", and run the same command again: it goes on where it stopped. Or receive into another folder with --output."
	switch {
	case errors.Is(e.Err, syscall.EROFS):
		return "The disk is read-only. Mount it for writing" + again
	case errors.Is(e.Err, fs.ErrPermission):
		return "Change the permissions of the folder" + again
	}
	return "See that the disk is there and sound" + again
}

// Brief is for the peer: nothing of this machine.
func (e *WriteError) Brief() string { return "its disk cannot be written" }

func (e *WriteError) Unwrap() error { return e.Err }

// exactSize is a number of bytes for people, and the number itself.
func exactSize(n int64) string {
	if n < 1024 {
		return size(n)
	}
	return fmt.Sprintf("%s (%d bytes)", size(n), n)
}

// size is a number of bytes for people.
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
