package devices

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind says what a note is for.
type Kind string

// The kinds of notes. A device ignores those that it does not know.
const (
	KindHello  Kind = "hello"  // the first note of who was invited: it is paired
	KindInvite Kind = "invite" // somebody waits with a code to send something
	KindStored Kind = "stored" // something is stored at a relay
	KindHeard  Kind = "heard"  // an answer that says nothing but what was heard
)

// Note is what one device says to another.
type Note struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name,omitempty"`  // how the device calls itself
	Code  string `json:"code,omitempty"`  // of a sender that waits, with its relay
	Link  string `json:"link,omitempty"`  // of a stored transfer
	Until int64  `json:"until,omitempty"` // when it is too late, in seconds since 1970
	Heard uint64 `json:"heard"`           // all notes before this number have come or are given up
	Next  uint64 `json:"next,omitempty"`  // in a spare slot: all notes before this number are given up
}

// Over reports whether it is too late for a note.
func (n Note) Over(now time.Time) bool { return n.Until != 0 && now.Unix() > n.Until }

func parseNote(b []byte) (n Note, err error) {
	if err := json.Unmarshal(b, &n); err != nil {
		return n, fmt.Errorf("%w: %w", ErrNote, err)
	}
	return n, nil
}
