package relay

import (
	"crypto/rand"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// tombstoneTTL is how long an ended room's nameplate is remembered, so that a
// late peer is told "used" or "expired", and does not land in the room of a
// stranger who got the same number.
const tombstoneTTL = 10 * time.Minute

// table has every room: those of codes by nameplate, resume rooms by id. It
// knows nothing of sockets, only of peers with a queue. All changes of rooms
// happen under its lock.
type table struct {
	limits
	hasTURN bool // the relay gives its peers TURN servers

	ledger   *ledger             // of who has what
	observer Observer            // is told of transfers
	rejected func(reason string) // tells of a room that is ended by a limit
	relayed  atomic.Int64        // payload passed on between peers, in bytes

	mu         sync.Mutex
	entries    map[string]*entry
	resumes    map[[16]byte]*room
	tombstones []tombstone // oldest first
	numbers    numbers
	rooms      int // entries that are rooms, and resume rooms
	closing    bool
	draining   bool // no new rooms of codes

	// changed is called, with the table locked, when the record of a room has to be
	// written; nil without a store.
	changed func(roomRef)
}

// limits bounds rooms in time and number.
type limits struct {
	ttl            time.Duration // of a room that is not burnt
	resumeTTL      time.Duration // of a resume room with one peer in it
	idleTimeout    time.Duration // for the first message of a receiver
	silentTimeout  time.Duration // for any message, once the code is burnt
	limit          int           // rooms
	bytesPerSecond int           // of both peers of a room together; 0 for no limit
	bytes          int64         // that a room passes on; 0 for no limit
}

// entry is a nameplate in use, by a room or by a tombstone.
type entry struct {
	room   *room              // nil once it has ended
	reason wire.RoomErrorCode // the answer to a later join
	told   int                // how often it was given
	holder netip.Prefix       // whose share of the short nameplates it counts in
}

// maxTold is how often it is said why a room can no longer be joined. After that
// it is as if there had never been one: a late receiver is told once, and a stranger
// cannot watch how long others are at it.
const maxTold = 8

// tell returns the reason why the room of an entry can no longer be joined.
func (e *entry) tell(reason wire.RoomErrorCode) wire.RoomErrorCode {
	if e.told >= maxTold {
		return wire.RoomUnknown
	}
	e.told++
	return reason
}

// tombstone says until when an ended room is remembered.
type tombstone struct {
	nameplate string
	entry     *entry
	until     time.Time
}

func newTable(l limits, leastDigits int, ledger *ledger) *table {
	return &table{
		limits: l, ledger: ledger, observer: unobserved{}, rejected: func(string) {},
		entries: make(map[string]*entry), resumes: make(map[[16]byte]*room),
		numbers: numbers{least: leastDigits},
	}
}

// open makes a room, with the nameplate asked for or one of the table's choice.
// It returns the reason if that cannot be.
//
// Who opens it has the room until it ends, and its nameplate until that is forgotten.
func (t *table) open(request wire.OpenRequest, holder owner) (*room, wire.RoomErrorCode) {
	wanted := request.Nameplate
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	held := t.entries[wanted]
	switch {
	case t.closing, t.draining:
		return nil, wire.RoomClosing
	case held != nil && held.room != nil:
		return nil, wire.RoomTaken
	case t.rooms >= t.limit:
		return nil, wire.RoomFull
	}
	mayHave := func(digits, size int) bool { return t.ledger.mayHave(holder.client, digits, size) }
	if wanted != "" && !mayHave(t.numbers.length(wanted)) {
		return nil, wire.RoomQuota
	}
	if wanted == "" {
		wanted = t.numbers.choose(func(s string) bool { return t.entries[s] != nil }, mayHave)
	}
	if wanted == "" {
		return nil, wire.RoomFull
	}
	if code := t.ledger.claim(openRooms, holder); code != 0 {
		return nil, code
	}
	if held == nil {
		t.numbers.add(wanted)
	} else {
		t.countNameplate(held, wanted, -1)
	}
	r := &room{table: t, owner: holder, nameplate: wanted, nonce: request.Nonce, words: request.Words, speed: newSpeed(t.bytesPerSecond)}
	_, _ = rand.Read(r.ticket[:]) // never fails
	r.until = time.Now().Add(t.ttl)
	r.expiry = time.AfterFunc(t.ttl, r.expire)
	e := &entry{room: r, holder: holder.client}
	t.entries[wanted] = e
	t.countNameplate(e, wanted, 1)
	t.rooms++
	return r, 0
}

// countNameplate adds to the holder's share of the nameplates of one length.
func (t *table) countNameplate(e *entry, nameplate string, change int) {
	digits, _ := t.numbers.length(nameplate)
	t.ledger.countNameplate(e.holder, digits, change)
}

// find returns the room of a nameplate, or what to tell a peer that asks for it.
// The table is locked.
func (t *table) find(nameplate string) (*room, wire.RoomErrorCode) {
	switch e := t.entries[nameplate]; {
	case t.closing:
		return nil, wire.RoomClosing
	case e == nil:
		return nil, wire.RoomUnknown
	case e.room == nil:
		return nil, e.tell(e.reason)
	default:
		return e.room, 0
	}
}

// remove takes a room off the table and leaves a tombstone that says why. A
// resume room leaves none, since its peers may need it again. The table is
// locked.
func (t *table) remove(r *room, reason wire.RoomErrorCode) {
	t.rooms--
	defer t.change(r)
	if r.resumes() {
		delete(t.resumes, *r.id)
		return
	}
	if !r.restored {
		t.ledger.release(openRooms, r.owner)
	}
	e := t.entries[r.nameplate]
	e.room, e.reason = nil, reason
	t.tombstones = append(t.tombstones, tombstone{r.nameplate, e, time.Now().Add(tombstoneTTL)})
	t.forget()
}

// forget drops expired tombstones, and the oldest if there are too many. The
// table is locked.
func (t *table) forget() {
	now := time.Now()
	n := 0
	for n < len(t.tombstones) && (!t.tombstones[n].until.After(now) || len(t.tombstones)-n > t.limit) {
		s := t.tombstones[n]
		// A room with this nameplate may have been opened again since.
		if t.entries[s.nameplate] == s.entry {
			delete(t.entries, s.nameplate)
			t.numbers.remove(s.nameplate)
			t.countNameplate(s.entry, s.nameplate, -1)
		}
		n++
	}
	t.tombstones = t.tombstones[n:]
}

// size returns the number of rooms, and whether more can be opened.
func (t *table) size() (rooms int, open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rooms, !t.closing && !t.draining
}

// change notes that the record of a room has to be written. The table is locked.
func (t *table) change(r *room) {
	if t.changed != nil {
		t.changed(r.ref())
	}
}

// close ends all rooms and refuses new ones.
func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closing = true
	for _, e := range t.entries {
		if e.room != nil {
			e.room.end(wire.RoomClosing)
		}
	}
	for _, r := range t.resumes {
		r.end(wire.RoomClosing)
	}
}
