package relay

import (
	"crypto/rand"
	"sync"
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

	mu         sync.Mutex
	entries    map[string]*entry
	resumes    map[[16]byte]*room
	tombstones []tombstone // oldest first
	numbers    numbers
	rooms      int // entries that are rooms, and resume rooms
	closing    bool
}

// limits bounds rooms in time and number.
type limits struct {
	ttl         time.Duration // of a room that is not burnt
	resumeTTL   time.Duration // of a resume room with one peer in it
	idleTimeout time.Duration // for the first message of a receiver
	limit       int           // rooms
}

// entry is a nameplate in use, by a room or by a tombstone.
type entry struct {
	room   *room              // nil once it has ended
	reason wire.RoomErrorCode // the answer to a later join
}

// tombstone says until when an ended room is remembered.
type tombstone struct {
	nameplate string
	entry     *entry
	until     time.Time
}

func newTable(l limits, leastDigits int) *table {
	return &table{
		limits:  l,
		entries: make(map[string]*entry), resumes: make(map[[16]byte]*room),
		numbers: numbers{least: leastDigits},
	}
}

// open makes a room, with the nameplate asked for or one of the table's choice.
// It returns the reason if that cannot be.
func (t *table) open(request wire.OpenRequest) (*room, wire.RoomErrorCode) {
	wanted := request.Nameplate
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	held := t.entries[wanted]
	switch {
	case t.closing:
		return nil, wire.RoomClosing
	case held != nil && held.room != nil:
		return nil, wire.RoomTaken
	case t.rooms >= t.limit:
		return nil, wire.RoomFull
	}
	if wanted == "" {
		wanted = t.numbers.choose(func(s string) bool { return t.entries[s] != nil })
	}
	if wanted == "" {
		return nil, wire.RoomFull
	}
	if held == nil {
		t.numbers.add(wanted)
	}
	r := &room{table: t, nameplate: wanted, nonce: request.Nonce, words: request.Words}
	_, _ = rand.Read(r.ticket[:]) // never fails
	r.expiry = time.AfterFunc(t.ttl, r.expire)
	t.entries[wanted] = &entry{room: r}
	t.rooms++
	return r, 0
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
		return nil, e.reason
	default:
		return e.room, 0
	}
}

// remove takes a room off the table and leaves a tombstone that says why. A
// resume room leaves none, since its peers may need it again. The table is
// locked.
func (t *table) remove(r *room, reason wire.RoomErrorCode) {
	t.rooms--
	if r.resumes() {
		delete(t.resumes, *r.id)
		return
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
		}
		n++
	}
	t.tombstones = t.tombstones[n:]
}

// size returns the number of rooms, and whether more can be opened.
func (t *table) size() (rooms int, open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rooms, !t.closing
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
