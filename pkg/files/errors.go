package files

import (
	"errors"
	"fmt"
)

// ErrChanged is the error of a SourceFile that is no longer what it was when it
// was listed.
var ErrChanged = errors.New("changed while it was sent")

// ErrLeftOut is in the Err of an Item that a Source leaves out because it was told
// to. That the peer does not get it is no failure.
var ErrLeftOut = errors.New("left out on purpose")

// ErrKept is wrapped by the Refusal of an entry that is there already, where the
// Destination was told to keep what is there. That it is not taken is no failure.
var ErrKept = errors.New("kept on purpose")

// Refusal is an error that refuses one entry, for instance because its name is
// not allowed or a file is in the way. The transfer goes on without the entry.
// Destination.Prepare, Destination.Commit, File.WriteAt and File.Verified may
// return one.
type Refusal interface {
	error
	// Brief is the reason that the peer is told: at most 200 bytes, and nothing
	// about this machine.
	Brief() string
	// Why is the reason that the person here is told, without the path.
	Why() string
}

// NoSpace is an error of a Destination that is full. It ends the transfer.
type NoSpace interface {
	error
	// Missing is the number of bytes that are missing, 0 if it is not known.
	Missing() int64
}

// UnfinishedError says what Destination.Finish could not do although every file
// is in place.
type UnfinishedError struct {
	Paths   []string // of the first of them
	Reasons []string // one for each of Paths
	Count   int      // of all of them
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("%d symlinks or folders could not be finished", e.Count)
}

// Misfit is an error of a Destination that cannot take what is offered, though
// another one could, and has taken nothing of it.
type Misfit interface {
	error
	Misfit()
}
