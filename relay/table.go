package relay

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// remembered is how long an ended room's nameplate keeps its story, so that who
// comes late is told "used" or "expired", and does not land in the room of a
// stranger who got the same number.
const remembered = 10 * time.Minute

// table has every room: those of codes by nameplate, resume rooms by id. It
// knows nothing of sockets: peers are queues to it. All changes of rooms happen
// under its lock.
type table struct {
	ttl       time.Duration // of a room that is not burnt
	resumeTTL time.Duration // of a resume room with one peer in it
	limit     int           // rooms

	mu      sync.Mutex
	entries map[string]*entry
	resumes map[[16]byte]*room
	graves  []grave // oldest first
	numbers numbers
	rooms   int // entries that are rooms, and resume rooms
	closing bool
}

// entry is a nameplate in use, by a room or by the memory of one.
type entry struct {
	room  *room              // nil once it has ended
	story wire.RoomErrorCode // what a newcomer is told then
}

// grave says until when an ended room is remembered.
type grave struct {
	nameplate string
	entry     *entry
	until     time.Time
}

func newTable(ttl, resumeTTL time.Duration, limit, leastDigits int) *table {
	return &table{
		ttl: ttl, resumeTTL: resumeTTL, limit: limit,
		entries: make(map[string]*entry), resumes: make(map[[16]byte]*room),
		numbers: numbers{least: leastDigits},
	}
}

// open makes a room, with the nameplate asked for or one of the table's choice.
// It gives the reason if that cannot be.
func (t *table) open(nonce [16]byte, wanted string) (*room, wire.RoomErrorCode) {
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
	r := &room{table: t, nameplate: wanted, nonce: nonce}
	_, _ = rand.Read(r.ticket[:]) // never fails
	r.expiry = time.AfterFunc(t.ttl, r.expire)
	t.entries[wanted] = &entry{room: r}
	t.rooms++
	return r, 0
}

// find gives the room of a nameplate, or what to tell who asks for it. The
// table is locked.
func (t *table) find(nameplate string) (*room, wire.RoomErrorCode) {
	switch e := t.entries[nameplate]; {
	case t.closing:
		return nil, wire.RoomClosing
	case e == nil:
		return nil, wire.RoomUnknown
	case e.room == nil:
		return nil, e.story
	default:
		return e.room, 0
	}
}

// bury takes a room off the table, but remembers how it ended; of a resume room,
// which its peers may need again, nothing stays. The table is locked, as it is
// for forget.
func (t *table) bury(r *room, story wire.RoomErrorCode) {
	t.rooms--
	if r.resumes() {
		delete(t.resumes, *r.id)
		return
	}
	e := t.entries[r.nameplate]
	e.room, e.story = nil, story
	t.graves = append(t.graves, grave{r.nameplate, e, time.Now().Add(remembered)})
	t.forget()
}

// forget drops the memory of rooms that ended long ago, and the oldest if there
// are too many.
func (t *table) forget() {
	now := time.Now()
	n := 0
	for n < len(t.graves) && (!t.graves[n].until.After(now) || len(t.graves)-n > t.limit) {
		g := t.graves[n]
		// The nameplate may have been asked for, and be a room again.
		if t.entries[g.nameplate] == g.entry {
			delete(t.entries, g.nameplate)
			t.numbers.remove(g.nameplate)
		}
		n++
	}
	t.graves = t.graves[n:]
}

// size is the number of rooms, and whether more may come.
func (t *table) size() (rooms int, open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rooms, !t.closing
}

// close ends all rooms and lets no new one be.
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
