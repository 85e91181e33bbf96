package mailbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"
)

// MessageSize is how many bytes every message has.
const MessageSize = 2000

// Slot is the place of one message.
type Slot [32]byte

// Key is what a Store knows of a Slot: its SHA-256.
type Key [sha256.Size]byte

// KeyOf returns the key of a slot.
func KeyOf(s Slot) Key { return sha256.Sum256(s[:]) }

// Why something is refused.
var (
	ErrTaken = errors.New("another message is in the slot")
	ErrFull  = errors.New("the mailbox is full")
)

// Found is a message that was found.
type Found struct {
	Index   int // of its key among those that were asked for
	Message []byte
}

// Store keeps messages until they expire. Each method is atomic, also against other
// nodes that share the store. Messages that are passed and returned must not be changed.
type Store interface {
	// Put keeps a message for that long. If the same message is there already, nothing
	// changes. The error is ErrTaken if another is there, and ErrFull if most messages
	// are.
	Put(ctx context.Context, key Key, message []byte, life time.Duration, most int) error
	// Find returns the messages of keys in their order, at most so many.
	Find(ctx context.Context, keys []Key, most int) ([]Found, error)
	// Delete removes messages. That there are none is no error.
	Delete(ctx context.Context, keys []Key) error
	// Sweep removes what has expired, and returns how many messages are left.
	Sweep(ctx context.Context) (left int, err error)
}

// Shared is what a Store is, too, into which other nodes put messages.
type Shared interface {
	// Follow calls arrived with the key of each message that any node has put, and missed
	// whenever there may have been some of which it was not told, until ctx ends.
	Follow(ctx context.Context, arrived func(Key), missed func())
}
