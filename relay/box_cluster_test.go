package relay

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/mailbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/redisbox"
	"github.com/tallow-transfer/tallow/relay/roomstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
)

// searched is a store that counts the searches that have succeeded.
type searched struct {
	*redisbox.Store
	count atomic.Int64
}

func (s *searched) Find(ctx context.Context, keys []mailbox.Key, most int) ([]mailbox.Found, error) {
	found, err := s.Store.Find(ctx, keys, most)
	if err == nil {
		s.count.Add(1)
	}
	return found, err
}

// startBoxNode starts a node whose mailbox is in Redis.
func startBoxNode(t *testing.T, server *redistest.Server, rooms roomstore.Store, seen *notes) (*testNode, boxing, *searched) {
	t.Helper()
	redis, err := redisbox.Open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	store := &searched{Store: redis}
	n := startNode(t, rooms, func(c *Config) {
		c.Mailbox = unlimitedBox()
		c.Mailbox.Store = store
		c.Observer = seen
	})
	// This is called before the cleanup that ends the node, which then cannot sweep.
	t.Cleanup(func() {
		n.stop()
		<-n.done
		_ = store.Close()
	})
	return n, boxing{t, n.base + "/api/box/"}, store
}

// What is put at one node wakes who waits at the other, also after Redis was away.
func TestBoxOfTwoNodes(t *testing.T) {
	server := redistest.Start(t)
	rooms := roomstore.NewMemory()
	seen := newNotes()
	nodeA, a, storeA := startBoxNode(t, server, rooms, seen)
	_, b, _ := startBoxNode(t, server, rooms, newNotes())
	// watch begins to watch a slot at a, and returns once that has looked and waits.
	watch := func(slot wire.BoxSlot) <-chan watchAnswer {
		t.Helper()
		before := storeA.count.Load()
		answers := a.watch(t.Context(), http.DefaultClient, time.Minute, slot)
		eventually(t, "a request waits", func() bool { return seen.stats().Watchers == 1 && storeA.count.Load() > before })
		return answers
	}

	waiting := watch(wire.BoxSlot{1})
	begin := time.Now()
	b.put(1)
	a.wantWatched(waiting, 1)
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the other node heard of it after %v", took)
	}
	b.wants([]wire.BoxSlot{{1}}, 1)
	b.want(http.StatusConflict, boxTaken, "put", putBody(wire.BoxSlot{1}, 2))
	b.want(http.StatusNoContent, "", "delete", deleteBody(wire.BoxSlot{1}))
	a.wants([]wire.BoxSlot{{1}})

	// Redis is away for a moment, and forgets. Who waits goes on waiting.
	waiting = watch(wire.BoxSlot{2})
	server.Kill()
	resp, _ := b.want(http.StatusServiceUnavailable, boxBroken, "put", putBody(wire.BoxSlot{2}, 2))
	if resp.Header.Get("Retry-After") != "3" {
		t.Errorf("the headers are %v", resp.Header)
	}
	server.Restart()
	eventually(t, "the mailbox works again", func() bool {
		resp, _ := b.call(http.MethodPost, "put", putBody(wire.BoxSlot{2}, 2))
		return resp.StatusCode == http.StatusNoContent
	})
	a.wantWatched(waiting, 2)

	// A node that drains sends those who wait elsewhere.
	waiting = watch(wire.BoxSlot{3})
	nodeA.stop()
	a.wantWatched(waiting)
	b.put(3)
	b.wants([]wire.BoxSlot{{3}}, 3)
}

// Nodes that share no mailbox have none.
func TestBoxOfNodesIsShared(t *testing.T) {
	n := startNode(t, roomstore.NewMemory(), nil)
	boxing{t, n.base + "/api/box/"}.want(http.StatusNotFound, "not-found", "watch", watchBody(wire.BoxSlot{1}))
}
