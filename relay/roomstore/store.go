// Package roomstore remembers which rooms a relay has, and on which of its nodes each
// of them is. A relay of one machine needs none of it. The nodes of a larger one
// share a Store: Redis (package redisstore), or memory in tests.
//
// A room is on one node at a time, its home, which has the sockets of its peers.
// The store has only a record of it, enough for another node to make the room
// again when the home is dead:
//
//	absent --Open, or Claim of a resume room--> at home A
//	at home A --Claim by B, and A does not beat--> at home B
//	at home A --Release by A--> free --Claim by B--> at home B
//	at home A --End by A--> tombstone --its time--> absent
//
// A node is alive while its beat is in the store. The store decides that, in the
// same step in which it gives a room away. So a room never has two homes.
//
// Start with Store; storetest has the suite that every store passes.
package roomstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// ErrTaken says that the nameplate belongs to another room.
var ErrTaken = errors.New("the nameplate is taken")

// ErrMoved says that another node is the home of the room.
var ErrMoved = errors.New("the room has another home")

// Key finds a room: a nameplate, or the hash of a resume room's secret id.
type Key string

// CodeKey returns the key of the room of a nameplate.
func CodeKey(nameplate string) Key { return Key("code:" + nameplate) }

// ResumeKey returns the key of a resume room. The id is a secret of its peers, so
// the store gets only its hash.
func ResumeKey(id [16]byte) Key {
	sum := sha256.Sum256(id[:])
	return Key("resume:" + hex.EncodeToString(sum[:]))
}

// Record is what a store knows of a room.
type Record struct {
	Key  Key
	Home string // the id of a node; empty if the last one has released the room
	// Address is where other nodes reach the home; empty if it does not beat.
	Address string

	// Of the room of a code:
	Nonce  [16]byte // of its sender
	Words  int
	Ticket [32]byte // the SHA-256 of the sender's ticket
	Burnt  bool

	// Over is not 0 in a tombstone: why the room has ended, a wire.RoomErrorCode.
	Over uint8
	// Left is how long the record lasts. A store sets it.
	Left time.Duration
}

// Store has the records of all rooms. Every call ends soon, whatever happened to
// what is behind it: it has a deadline of its own.
type Store interface {
	// Beat says that a node is alive and where others reach it, for that long. It
	// reports whether the node was alive until now.
	Beat(ctx context.Context, node, address string, life time.Duration) (alive bool, err error)
	// Leave ends the beat of a node at once.
	Leave(ctx context.Context, node string) error

	// Open makes the record of a new room, or returns ErrTaken. It takes the place
	// of a tombstone only if again is set.
	Open(ctx context.Context, r Record, life time.Duration, again bool) error
	// Find returns a record. It reports false if there is none.
	Find(ctx context.Context, key Key) (Record, bool, error)
	// Claim returns the record of a room after making node its home, if the room
	// has none, or one that does not beat. If there is no record, Claim reports
	// false, or makes one if life is not 0. It changes nothing of a tombstone.
	Claim(ctx context.Context, key Key, node string, life time.Duration) (Record, bool, error)
	// Keep writes the state of a room and prolongs its life. It makes the record
	// again if the store has lost it. If the room is not at r.Home, the error is
	// ErrMoved.
	Keep(ctx context.Context, r Record, life time.Duration) error
	// Release lets any node claim the room, if it is at node.
	Release(ctx context.Context, key Key, node string) error
	// End makes a tombstone of the record, or removes it if life is 0, if the room
	// is at node.
	End(ctx context.Context, key Key, node string, over uint8, life time.Duration) error

	Close() error
}
