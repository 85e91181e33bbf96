package storeclient

import (
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/storelink"
)

// maxParts is how many parts a transfer may have.
const maxParts = 1 << 20

// State is what a sender is told of its transfer.
type State struct {
	ID        storelink.ID
	Created   time.Time
	Expires   time.Time
	Complete  bool
	Size      int64   // in bytes, once it is complete
	Downloads int     // how many there may be; 0: any number
	Done      int     // how many there were
	Fetching  int     // receivers that fetch it now
	MaxPart   int64   // how many bytes a part may have
	Parts     []Parts // that are there, in order, until it is complete
	// PartSegments is how many segments of the container a part has.
	PartSegments int
	// Opened is when a receiver has first asked what it is; zero: none has.
	Opened time.Time
	Mail   bool // the relay sends mails
	Notify bool // the relay calls the URL that the sender has named
}

// maxPartSegments is how many segments a part may have: those of 5 GiB, which is as much
// as S3 takes.
const maxPartSegments = 639

// Parts are parts that are there without a gap between them.
type Parts struct{ First, Count int }

// Has reports whether a part is there.
func (s State) Has(number int) bool {
	for _, p := range s.Parts {
		if number >= p.First && number-p.First < p.Count {
			return true
		}
	}
	return false
}

// Count returns how many parts are there.
func (s State) Count() (n int) {
	for _, p := range s.Parts {
		n += p.Count
	}
	return n
}

// stateJSON is a state as the store writes it.
type stateJSON struct {
	ID        string   `json:"id"`
	Created   int64    `json:"created"`
	Expires   int64    `json:"expires"`
	Complete  bool     `json:"complete"`
	Size      int64    `json:"size"`
	Downloads int      `json:"downloads"`
	Done      int      `json:"done"`
	Fetching  int      `json:"fetching"`
	MaxPart   int64    `json:"max_part"`
	Parts     [][2]int `json:"parts"`

	PartSegments int  `json:"part_segments"` // relays before this had 1, and did not say so
	Direct       bool `json:"direct"`

	Opened int64 `json:"opened"`
	Mail   bool  `json:"mail"`
	Notify bool  `json:"notify"`
}

var errState = errors.New("a state that cannot be")

// maxTime is the last second that a time of a state may have: the end of the year 9999.
const maxTime = 253402300799

// state checks a state.
func (j stateJSON) state() (State, error) {
	id, err := storelink.ParseID(j.ID)
	if err != nil {
		return State{}, errState
	}
	if j.Created < 0 || j.Created > maxTime || j.Expires < 0 || j.Expires > maxTime || j.Size < 0 || j.Downloads < 0 || j.Done < 0 ||
		j.Fetching < 0 || j.MaxPart < 0 || j.PartSegments < 0 || j.PartSegments > maxPartSegments || j.Opened < 0 || j.Opened > maxTime {
		return State{}, errState
	}
	s := State{
		ID: id, Created: time.Unix(j.Created, 0), Expires: time.Unix(j.Expires, 0), Complete: j.Complete, Size: j.Size,
		Downloads: j.Downloads, Done: j.Done, Fetching: j.Fetching, MaxPart: j.MaxPart,
		PartSegments: max(j.PartSegments, 1), Mail: j.Mail, Notify: j.Notify,
	}
	if j.Opened > 0 {
		s.Opened = time.Unix(j.Opened, 0)
	}
	next := 0
	for _, p := range j.Parts {
		if p[0] < next || p[0] >= maxParts || p[1] < 1 || p[1] > maxParts-p[0] {
			return State{}, errState
		}
		next = p[0] + p[1]
		s.Parts = append(s.Parts, Parts{p[0], p[1]})
	}
	return s, nil
}
