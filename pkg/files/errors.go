package files

import "fmt"

// Refusal is an error of Destination.Prepare or of a File that refuses one
// entry alone: its name is not allowed here, or a file is in the way. The
// transfer goes on without it.
type Refusal interface {
	error
	// Brief is the reason for the peer: at most 200 bytes, and nothing about
	// this machine.
	Brief() string
	// Why is the reason for the person here, without the path.
	Why() string
}

// NoSpace is an error of a Destination that has no room left.
type NoSpace interface {
	error
	// Missing is how many bytes are missing, 0 if that is not known.
	Missing() int64
}

// UnfinishedError is what Destination.Finish could not do.
type UnfinishedError struct {
	Paths   []string // the first of them
	Reasons []string // one for each of Paths
	Count   int      // of all of them
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("%d symlinks or folders could not be finished", e.Count)
}
