package relay

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// node is what makes a relay one of several: it decides whether a room is here,
// and keeps its record in the store.
type node struct {
	table   *table
	store   roomstore.Store
	id      string // of this process
	address string
	log     *slog.Logger
	links   nodeLinks

	pulse   pulse
	changes *changes
	locks   roomLocks
}

// unavailableRetry is when to try again without the store.
const unavailableRetry = 3 * time.Second

// errStore is the check of /api/ready when the store cannot be reached.
var errStore = errors.New("the store of rooms cannot be reached")

func newNode(c *Cluster, t *table, log *slog.Logger) (*node, error) {
	links, err := newNodeLinks(c.Secret)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	_, _ = crand.Read(id[:]) // never fails
	n := &node{
		table: t, store: c.Store, id: hex.EncodeToString(id[:]), address: c.Address, log: log,
		links: links, changes: newChanges(),
	}
	t.changed = n.changes.add
	return n, nil
}

// run keeps the node's beat and its records until ctx ends.
func (n *node) run(ctx context.Context) {
	var tasks sync.WaitGroup
	tasks.Go(func() { n.keepBeating(ctx) })
	tasks.Go(func() { n.keepRecords(ctx) })
	tasks.Wait()
}

// leave writes what is left to write, and ends the node's beat.
func (n *node) leave(ctx context.Context) {
	_ = n.writeChanges(ctx) // if it cannot be written, the rooms are free once the beat is over
	_ = n.store.Leave(ctx, n.id)
}

// check is a check of /api/ready.
func (n *node) check() error {
	if !n.pulse.alive() {
		return errStore
	}
	return nil
}

// join is table.join for a room that may be on another node. Then it returns the
// room's record, and p has not joined.
func (n *node) join(ctx context.Context, p *peer, want wire.RoomJoin, stun string) (elsewhere *roomstore.Record, code wire.RoomErrorCode) {
	ref := refOf(want)
	defer n.locks.lock(ref)()
	elsewhere, code = n.hold(ctx, ref, want)
	if elsewhere != nil || code != 0 {
		return elsewhere, code
	}
	code = n.table.join(p, want, stun)
	if code != 0 && !n.table.has(ref) {
		n.changes.add(ref) // the record may be of a room that was not made
	}
	if code == 0 && !n.pulse.alive() {
		code = wire.RoomUnavailable // it was paused meanwhile
	}
	return nil, code
}

// hold makes sure that a room is here, if it is not elsewhere. The room is locked.
func (n *node) hold(ctx context.Context, ref roomRef, want wire.RoomJoin) (elsewhere *roomstore.Record, code wire.RoomErrorCode) {
	if !n.pulse.alive() {
		return nil, wire.RoomUnavailable
	}
	here := n.table.has(ref)
	if n.table.isDraining() {
		if here {
			n.table.move(ref)
			_ = n.writeLocked(ctx, ref) // or later, see changes
		}
		return nil, wire.RoomClosing
	}
	if doubted, _ := n.pulse.doubts(); here && !doubted {
		return nil, 0
	}
	var life time.Duration
	if want.Role == wire.RoomResumer {
		life = recordLife
	}
	record, found, err := n.store.Claim(ctx, ref.key(), n.id, life)
	switch {
	case err != nil:
		n.log.Debug("the store failed", "reason", err)
		return nil, wire.RoomUnavailable
	case !found && here, found && record.Home == n.id && here:
		return nil, 0 // if the store has lost it, it gets it again
	case !found:
		return nil, wire.RoomUnknown
	}
	if here {
		n.table.move(ref)
	}
	switch {
	case record.Over != 0:
		return nil, n.table.tell(ref, wire.RoomErrorCode(record.Over))
	case record.Home != n.id:
		return &record, 0
	case want.Role == wire.RoomResumer:
		return nil, 0
	case record.Burnt:
		// Its peers have another place to meet, if their handshake came to its end.
		_ = n.store.End(ctx, ref.key(), n.id, uint8(wire.RoomUsed), tombstoneTTL)
		return nil, wire.RoomUsed
	}
	code = n.table.restore(ref.nameplate, record)
	if code != 0 {
		_ = n.store.Release(ctx, ref.key(), n.id)
	}
	return nil, code
}

// tell returns why a room has ended, as the table tells it.
func (t *table) tell(ref roomRef, reason wire.RoomErrorCode) wire.RoomErrorCode {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entries[ref.nameplate]; ref.nameplate != "" && e != nil && e.room == nil {
		return e.tell(reason)
	}
	return reason
}

func refOf(want wire.RoomJoin) roomRef {
	if want.Role == wire.RoomResumer {
		return roomRef{id: want.Resume}
	}
	return roomRef{nameplate: want.Nameplate}
}

// A node chooses nameplates by what it knows of its own. If others have them, it
// tries others, and then longer ones: the short ones are in use.
const (
	openAttempts = 20
	openEach     = 4 // attempts of each length
)

// open is table.open for a nameplate that no other node may have.
func (n *node) open(ctx context.Context, request wire.OpenRequest, holder owner) (*room, wire.RoomErrorCode) {
	if !n.pulse.alive() {
		return nil, wire.RoomUnavailable
	}
	for attempt := range openAttempts {
		try := request
		if request.Nameplate == "" && attempt >= openEach {
			try.Nameplate = randomNameplate(min(2+attempt/openEach, wire.MaxNameplateDigits))
		}
		room, code := n.tryOpen(ctx, try, holder, request.Nameplate != "")
		if code != wire.RoomTaken || request.Nameplate != "" {
			return room, code
		}
	}
	return nil, wire.RoomFull
}

// tryOpen is one attempt.
func (n *node) tryOpen(ctx context.Context, request wire.OpenRequest, holder owner, again bool) (*room, wire.RoomErrorCode) {
	room, code := n.table.open(request, holder)
	if code != 0 {
		return nil, code
	}
	ref := room.ref()
	defer n.locks.lock(ref)()
	state := n.table.state(ref)
	state.record.Home = n.id
	err := n.store.Open(ctx, state.record, state.life, again)
	switch {
	case err == nil:
		return room, 0
	case errors.Is(err, roomstore.ErrTaken):
		n.table.discard(room)
		return nil, wire.RoomTaken
	default:
		n.table.discard(room)
		n.changes.add(ref) // it may have arrived all the same
		n.log.Debug("the store failed", "reason", err)
		return nil, wire.RoomUnavailable
	}
}

func randomNameplate(digits int) string {
	low := pow10(digits - 1)
	return strconv.Itoa(low + rand.N(pow10(digits)-low))
}
