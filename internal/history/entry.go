package history

import (
	"time"
)

// Direction is which way a transfer went.
type Direction string

// The directions.
const (
	Sent     Direction = "send"
	Received Direction = "receive"
)

// State is how a transfer ended, if it has.
type State string

// The states of an entry.
const (
	Running     State = "running"
	Completed   State = "completed"   // it reached its end, perhaps with entries skipped
	Failed      State = "failed"      // an error ended it
	Cancelled   State = "cancelled"   // a person ended it
	Interrupted State = "interrupted" // its process was killed
)

// Directions and States are all there are.
func Directions() []Direction { return []Direction{Sent, Received} }

// States are all states of an entry.
func States() []State { return []State{Running, Completed, Failed, Cancelled, Interrupted} }

// Entry is one transfer.
type Entry struct {
	ID        int64 // given by Begin; never used twice
	Started   time.Time
	Ended     time.Time // zero while it runs, and if it is not known
	Direction Direction
	State     State

	Text  bool     // a short text; the history does not have it
	Names []string // what was offered: the first names
	// Paths are what a send was given, absolute, or empty if that was no path or was
	// too much to keep.
	Paths  []string
	Folder string // where a receive put it, absolute
	Peer   string // the name that the peer gave itself; empty if it gave none
	// Address is where a direct lane led to the peer, without a port; empty if there was
	// none.
	Address string
	Relay   string // where they met; empty: on this network

	Outcome Outcome
}

// Outcome is what came of a transfer.
type Outcome struct {
	Files   int64            `json:"files"` // in place, or offered as long as it runs
	Bytes   int64            `json:"bytes"` // of these
	Sent    int64            `json:"sent"`  // payload that was transferred
	Skipped int64            `json:"skipped,omitempty"`
	Elapsed time.Duration    `json:"elapsed,omitempty"` // since the offer was accepted
	Lanes   map[string]int64 `json:"lanes,omitempty"`   // Sent by lane
	Kind    string           `json:"kind,omitempty"`    // of the error that ended it
	Reason  string           `json:"reason,omitempty"`  // of that error
}

// Bounds of what is kept of one entry, in bytes.
const (
	maxNames = 8 << 10
	maxPaths = 64 << 10
)

// bounded is the entry without what is too much to keep.
func (e Entry) bounded() Entry {
	size := 0
	for i, name := range e.Names {
		if size += len(name); size > maxNames {
			e.Names = e.Names[:i]
			break
		}
	}
	size = 0
	for _, path := range e.Paths {
		size += len(path) + 1
	}
	if size > maxPaths { // part of them would be another send
		e.Paths = nil
	}
	return e
}
