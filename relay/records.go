package relay

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/roomstore"
)

const (
	// recordLife is how long the record of a room lasts that has no end of its own.
	recordLife = 5 * time.Minute
	// keepInterval is how often such records are prolonged.
	keepInterval = time.Minute
	// writeRetry is the pause after a write that failed.
	writeRetry = 500 * time.Millisecond
)

// key returns the store's key of a room.
func (r roomRef) key() roomstore.Key {
	if r.nameplate != "" {
		return roomstore.CodeKey(r.nameplate)
	}
	return roomstore.ResumeKey(r.id)
}

func (r *room) ref() roomRef {
	if r.resumes() {
		return roomRef{id: *r.id}
	}
	return roomRef{nameplate: r.nameplate}
}

// changes are the rooms whose records have to be written: in the table first, in
// the store when that can be reached.
type changes struct {
	wake chan struct{}

	mu    sync.Mutex
	rooms map[roomRef]struct{}
	every bool // all rooms of the table as well
}

func newChanges() *changes {
	return &changes{wake: make(chan struct{}, 1), rooms: make(map[roomRef]struct{})}
}

// add notes a room. It does not wait.
func (c *changes) add(ref roomRef) {
	c.mu.Lock()
	c.rooms[ref] = struct{}{}
	c.mu.Unlock()
	c.signal()
}

// all notes every room.
func (c *changes) all() {
	c.mu.Lock()
	c.every = true
	c.mu.Unlock()
	c.signal()
}

func (c *changes) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns what was noted, and forgets it.
func (c *changes) take() (refs map[roomRef]struct{}, every bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	refs, every = c.rooms, c.every
	c.rooms, c.every = make(map[roomRef]struct{}), false
	return refs, every
}

// keepRecords writes records until ctx ends.
func (n *node) keepRecords(ctx context.Context) {
	ticker := time.NewTicker(keepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-n.changes.wake:
		case <-ticker.C:
			n.changes.all()
		case <-ctx.Done():
			return
		}
		if n.writeChanges(ctx) != nil {
			pause := time.NewTimer(writeRetry)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
			pause.Stop()
		}
	}
}

// writeChanges writes the records of all rooms that were noted. What cannot be
// written is noted again.
func (n *node) writeChanges(ctx context.Context) error {
	_, doubt := n.pulse.doubts()
	refs, every := n.changes.take()
	if every {
		for _, ref := range n.table.refs() {
			refs[ref] = struct{}{}
		}
	}
	var failed error
	for ref := range refs {
		if failed == nil {
			failed = n.write(ctx, ref)
		}
		if failed != nil {
			n.changes.add(ref)
		}
	}
	if failed == nil && every {
		n.pulse.clear(doubt)
	}
	return failed
}

// write brings the record of a room to its state in the table.
func (n *node) write(ctx context.Context, ref roomRef) error {
	defer n.locks.lock(ref)()
	return n.writeLocked(ctx, ref)
}

// writeLocked is write, while the room is locked.
func (n *node) writeLocked(ctx context.Context, ref roomRef) error {
	state := n.table.state(ref)
	switch {
	case state.here:
		state.record.Home = n.id
		err := n.store.Keep(ctx, state.record, state.life)
		if errors.Is(err, roomstore.ErrMoved) {
			n.log.Debug("a room has another home")
			n.table.move(ref)
			return nil
		}
		return err
	case state.over == wire.RoomClosing:
		return n.store.Release(ctx, ref.key(), n.id)
	default:
		return n.store.End(ctx, ref.key(), n.id, uint8(state.over), state.life)
	}
}

// roomState is what the table knows of a room.
type roomState struct {
	here   bool
	record roomstore.Record
	life   time.Duration      // of the record or tombstone, 0 for none
	over   wire.RoomErrorCode // unless it is here: why it ended, if that is remembered
}

// state returns the state of a room.
func (t *table) state(ref roomRef) roomState {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.lookup(ref); r != nil {
		return roomState{here: true, record: r.record(), life: r.life()}
	}
	if e := t.entries[ref.nameplate]; ref.nameplate != "" && e != nil {
		return roomState{over: e.reason, life: tombstoneTTL}
	}
	return roomState{}
}

// record returns the record of a room, without its home. The table is locked.
func (r *room) record() roomstore.Record {
	return roomstore.Record{Key: r.ref().key(), Nonce: r.nonce, Words: r.words, Ticket: r.ticketSum(), Burnt: r.burnt}
}

// life returns how long the record of a room lasts. The table is locked.
func (r *room) life() time.Duration {
	if r.resumes() || r.burnt {
		return recordLife
	}
	return max(time.Until(r.until), time.Second)
}

// ticketSum returns the hash of the sender's ticket.
func (r *room) ticketSum() [32]byte {
	if r.restored {
		return r.ticketHash
	}
	return sha256.Sum256(r.ticket[:])
}

// lookup returns a room that is here, or nil. The table is locked.
func (t *table) lookup(ref roomRef) *room {
	if ref.nameplate == "" {
		return t.resumes[ref.id]
	}
	if e := t.entries[ref.nameplate]; e != nil {
		return e.room
	}
	return nil
}

// has reports whether a room is here.
func (t *table) has(ref roomRef) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lookup(ref) != nil
}

// refs returns all rooms.
func (t *table) refs() []roomRef {
	t.mu.Lock()
	defer t.mu.Unlock()
	refs := make([]roomRef, 0, t.rooms)
	for nameplate, e := range t.entries {
		if e.room != nil {
			refs = append(refs, roomRef{nameplate: nameplate})
		}
	}
	for id := range t.resumes {
		refs = append(refs, roomRef{id: id})
	}
	return refs
}

// move ends a room that is, or will be, on another node. Its peers are told to
// connect again.
func (t *table) move(ref roomRef) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.lookup(ref); r != nil {
		r.end(wire.RoomClosing)
	}
}

// restore makes the room of a code again from its record.
func (t *table) restore(nameplate string, record roomstore.Record) wire.RoomErrorCode {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	held := t.entries[nameplate]
	switch {
	case t.closing:
		return wire.RoomClosing
	case held != nil && held.room != nil:
		return 0
	case t.rooms >= t.limit:
		return wire.RoomFull
	case held == nil:
		t.numbers.add(nameplate)
	default:
		t.countNameplate(held, nameplate, -1)
	}
	r := &room{
		table: t, nameplate: nameplate, nonce: record.Nonce, words: record.Words,
		restored: true, ticketHash: record.Ticket, speed: newSpeed(t.bytesPerSecond), until: time.Now().Add(record.Left),
	}
	r.expiry = time.AfterFunc(record.Left, r.expire)
	e := &entry{room: r}
	t.entries[nameplate] = e
	t.countNameplate(e, nameplate, 1)
	t.rooms++
	return 0
}

// discard takes back a room that was just opened.
func (t *table) discard(r *room) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.over {
		return
	}
	r.over = true
	r.expiry.Stop()
	t.rooms--
	t.ledger.release(openRooms, r.owner)
	e := t.entries[r.nameplate]
	delete(t.entries, r.nameplate)
	t.numbers.remove(r.nameplate)
	t.countNameplate(e, r.nameplate, -1)
}
