package stored

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"time"
)

// Secret is a token of 32 bytes: that of a sender, or the proof that a receiver knows
// the key. A store keeps its hash alone.
type Secret [32]byte

// Hash is the SHA-256 of a Secret.
type Hash [sha256.Size]byte

// matches reports whether a secret has this hash.
func (h Hash) matches(s Secret) bool {
	sum := sha256.Sum256(s[:])
	return subtle.ConstantTimeCompare(sum[:], h[:]) == 1
}

// ID is the name of a stored transfer: 128 random bits.
type ID [16]byte

// ClaimID is a claim's name, which its receiver chooses at random.
type ClaimID [16]byte

// NewID returns a random ID.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // which does not fail
	return id
}

// String returns the ID in 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID parses what String returns.
func ParseID(text string) (ID, bool) {
	var id ID
	if len(text) != hex.EncodedLen(len(id)) {
		return id, false
	}
	n, err := hex.Decode(id[:], []byte(text))
	return id, err == nil && n == len(id) && id.String() == text
}

// Record is what is known of a stored transfer.
type Record struct {
	ID      ID        `json:"id"`
	Owner   Hash      `json:"owner"` // of the sender's token
	Proof   Hash      `json:"proof"` // of what only who has the key can compute
	Client  string    `json:"client"`
	Created time.Time `json:"created"`
	Touched time.Time `json:"touched"` // when its sender last did something
	Expires time.Time `json:"expires"`
	// Reserved is what counts against quotas: the size that was announced.
	Reserved int64 `json:"reserved"`

	// Upload is what the blobs know it by until it is complete.
	Upload string `json:"upload,omitempty"`
	// PartSegments is how many segments of a container a part has.
	PartSegments int `json:"part_segments,omitempty"`
	// Finishing are the sizes of the parts while they are made a whole.
	Finishing []int64 `json:"finishing,omitempty"`
	// Parts are the sizes of the parts in order, once it is complete.
	Parts []int64 `json:"parts,omitempty"`

	Downloads int                  `json:"downloads"`           // how many there may be; 0: any number
	Done      int                  `json:"done"`                // how many there were
	Claims    map[string]time.Time `json:"claims,omitempty"`    // until when, by ClaimID
	Committed map[string]struct{}  `json:"committed,omitempty"` // claims that are among Done

	// WrappedKey is the key of the container under words that its sender tells.
	WrappedKey []byte `json:"wrapped_key,omitempty"`
	// Opened is when a receiver looked at the offer for the first time.
	Opened time.Time `json:"opened,omitzero"`
	// Mails are those that the relay was asked to send.
	Mails []Mail `json:"mails,omitempty"`
	// Notify is the URL that is told of events, and Events are those that it is still to be
	// told of.
	Notify string  `json:"notify,omitempty"`
	Events []Event `json:"events,omitempty"`
	// Ended says that the transfer is over, and that its record is only here until its
	// events are told.
	Ended bool `json:"ended,omitempty"`
}

// Complete reports whether all parts are there.
func (r *Record) Complete() bool { return len(r.Parts) > 0 }

// Size returns the number of bytes of all parts.
func (r *Record) Size() (n int64) {
	for _, size := range r.Parts {
		n += size
	}
	return n
}

// Fetching returns how many claims live at a time.
func (r *Record) Fetching(now time.Time) (n int) {
	for _, until := range r.Claims {
		if now.Before(until) {
			n++
		}
	}
	return n
}

// Limits bound what may be stored. 0 is no limit.
type Limits struct {
	Total     int64 // bytes of all transfers
	PerClient int64 // bytes of those of one client
	Transfers int   // number of those of one client
}

// The errors of an Index.
var (
	ErrUnknown     = errors.New("there is no such stored transfer")
	ErrFull        = errors.New("the store is full")
	ErrClientQuota = errors.New("this client has stored as much as it may")
)
