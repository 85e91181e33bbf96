package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/relay/mailbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/mailboxtest"
)

// watching is a call of Watch that runs.
type watching struct {
	messages []mailbox.Message
	err      error
	took     time.Duration
	done     chan struct{}
}

// watch begins to watch slots, and returns once that waits. It is for synctest.
func watch(ctx context.Context, b *mailbox.Box, wait time.Duration, slots ...mailbox.Slot) *watching {
	w := &watching{done: make(chan struct{})}
	begin := time.Now()
	go func() {
		defer close(w.done)
		w.messages, w.err = b.Watch(ctx, slots, wait)
		w.took = time.Since(begin)
	}()
	synctest.Wait()
	return w
}

// wants waits for the call, and fails the test unless it has returned the messages of
// slots after a time.
func (w *watching) wants(t *testing.T, took time.Duration, slots ...mailbox.Slot) {
	t.Helper()
	<-w.done
	if w.err != nil || len(w.messages) != len(slots) || w.took != took {
		t.Fatalf("%d messages after %v, %v; want %d after %v", len(w.messages), w.took, w.err, len(slots), took)
	}
	for i, s := range slots {
		if w.messages[i].Slot != s || !bytes.Equal(w.messages[i].Message, mailboxtest.Message(int(s[0]))) {
			t.Errorf("message %d is another", i)
		}
	}
}

func put(t *testing.T, b *mailbox.Box, slot mailbox.Slot) {
	t.Helper()
	if err := b.Put(t.Context(), slot, mailboxtest.Message(int(slot[0]))); err != nil {
		t.Fatal(err)
	}
}

func newBox(c mailbox.Config) *mailbox.Box { return mailbox.New(mailbox.NewMemory(), c) }

// Those who watch a slot hear of its message at once, and nobody else does.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(mailbox.Config{})
		first := watch(t.Context(), b, time.Minute, mailbox.Slot{1}, mailbox.Slot{2})
		second := watch(t.Context(), b, time.Minute, mailbox.Slot{2})
		other := watch(t.Context(), b, time.Minute, mailbox.Slot{3})
		if n := b.Stats().Watchers; n != 3 {
			t.Errorf("%d watch, want 3", n)
		}
		time.Sleep(10 * time.Second)
		put(t, b, mailbox.Slot{2})
		first.wants(t, 10*time.Second, mailbox.Slot{2})
		second.wants(t, 10*time.Second, mailbox.Slot{2})
		put(t, b, mailbox.Slot{4}) // which nobody watches
		other.wants(t, time.Minute)

		put(t, b, mailbox.Slot{1})
		watch(t.Context(), b, time.Minute, mailbox.Slot{2}, mailbox.Slot{1}).wants(t, 0, mailbox.Slot{2}, mailbox.Slot{1})
		watch(t.Context(), b, 0, mailbox.Slot{9}).wants(t, 0)
		if n := b.Stats().Watchers; n != 0 {
			t.Errorf("%d watch still", n)
		}
	})
}

// A message that was there and is deleted wakes nobody for nothing.
func TestWatchAfterDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(mailbox.Config{})
		slot := mailbox.Slot{1}
		put(t, b, slot)
		if err := b.Delete(t.Context(), []mailbox.Slot{slot}); err != nil {
			t.Fatal(err)
		}
		w := watch(t.Context(), b, time.Minute, slot)
		time.Sleep(time.Second)
		put(t, b, slot)
		w.wants(t, time.Second, slot)
	})
}

// A watch ends with its context, and when the box is drained; later ones do not wait.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(mailbox.Config{})
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		first := watch(ctx, b, time.Minute, mailbox.Slot{1})
		second := watch(t.Context(), b, time.Minute, mailbox.Slot{1})
		cancel(cause)
		if <-first.done; !errors.Is(first.err, cause) {
			t.Errorf("the error is %v", first.err)
		}
		time.Sleep(time.Second)
		b.Drain()
		b.Drain()
		second.wants(t, time.Second)
		watch(t.Context(), b, time.Minute, mailbox.Slot{1}).wants(t, 0)
		put(t, b, mailbox.Slot{1})
		watch(t.Context(), b, time.Minute, mailbox.Slot{1}).wants(t, 0, mailbox.Slot{1})
	})
}

// All that wait watch no more slots than there may be.
func TestWatchedSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(mailbox.Config{MaxWatchedSlots: 3})
		two := []mailbox.Slot{{1}, {2}}
		first := watch(t.Context(), b, time.Minute, two...)
		if _, err := b.Watch(t.Context(), two, time.Minute); !errors.Is(err, mailbox.ErrBusy) {
			t.Errorf("four of three: %v, want ErrBusy", err)
		}
		if _, err := b.Watch(t.Context(), two, 0); err != nil {
			t.Errorf("without waiting: %v", err)
		}
		watch(t.Context(), b, time.Second, mailbox.Slot{1}).wants(t, time.Second)
		first.wants(t, time.Minute)
		watch(t.Context(), b, time.Second, two...).wants(t, time.Second)
	})
}

// A message lives as long as it may, whether anybody asks for it or not.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBox(mailbox.Config{MaxMessages: 2})
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { b.Run(ctx, func(err error) { t.Error(err) }) })
		put(t, b, mailbox.Slot{1})
		put(t, b, mailbox.Slot{2})
		if err := b.Put(t.Context(), mailbox.Slot{3}, mailboxtest.Message(3)); !errors.Is(err, mailbox.ErrFull) {
			t.Errorf("a third of two: %v", err)
		}
		time.Sleep(14*24*time.Hour - time.Second)
		synctest.Wait()
		if n := b.Stats().Messages; n != 2 {
			t.Errorf("%d messages are there a second before their time, want 2", n)
		}
		watch(t.Context(), b, 0, mailbox.Slot{1}).wants(t, 0, mailbox.Slot{1})
		time.Sleep(time.Second)
		watch(t.Context(), b, 0, mailbox.Slot{1}, mailbox.Slot{2}).wants(t, 0)
		put(t, b, mailbox.Slot{3})
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := b.Stats().Messages; n != 1 {
			t.Errorf("%d messages are left, want the new one", n)
		}
		stop()
		run.Wait()
	})
}

// node is a store of one of two nodes, which hears what the other puts.
type node struct {
	mailbox.Store
	puts   chan mailbox.Key
	missed chan struct{}
}

// Follow implements mailbox.Shared.
func (n node) Follow(ctx context.Context, arrived func(mailbox.Key), missed func()) {
	for {
		select {
		case key := <-n.puts:
			arrived(key)
		case <-n.missed:
			missed()
		case <-ctx.Done():
			return
		}
	}
}

// Whoever watches at one node hears what is put at another, also if the news was missed.
func TestWatchAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here := node{mailbox.NewMemory(), make(chan mailbox.Key), make(chan struct{})}
		b := mailbox.New(here, mailbox.Config{})
		elsewhere := mailbox.New(here.Store, mailbox.Config{})
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { b.Run(ctx, func(err error) { t.Error(err) }) })

		w := watch(t.Context(), b, time.Minute, mailbox.Slot{1})
		time.Sleep(time.Second)
		put(t, elsewhere, mailbox.Slot{1})
		here.puts <- mailbox.KeyOf(mailbox.Slot{1})
		w.wants(t, time.Second, mailbox.Slot{1})

		w = watch(t.Context(), b, time.Minute, mailbox.Slot{2})
		put(t, elsewhere, mailbox.Slot{2})
		time.Sleep(time.Second)
		here.missed <- struct{}{}
		w.wants(t, time.Second, mailbox.Slot{2})
		stop()
		run.Wait()
	})
}

// failing is a store whose searches fail for a while.
type failing struct {
	*mailbox.Memory
	until time.Time
}

func (f *failing) Find(ctx context.Context, keys []mailbox.Key, most int) ([]mailbox.Found, error) {
	if time.Now().Before(f.until) {
		return nil, errBroken
	}
	return f.Memory.Find(ctx, keys, most)
}

// Whoever waits while the store is away for a moment gets the message afterwards, and
// no error.
func TestWatchWhileStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &failing{Memory: mailbox.NewMemory()}
		b := mailbox.New(store, mailbox.Config{})
		w := watch(t.Context(), b, time.Minute, mailbox.Slot{1})
		store.until = time.Now().Add(3500 * time.Millisecond)
		put(t, b, mailbox.Slot{1})
		w.wants(t, 4*time.Second, mailbox.Slot{1})

		w = watch(t.Context(), b, time.Minute, mailbox.Slot{2})
		store.until = time.Now().Add(time.Hour)
		put(t, b, mailbox.Slot{2})
		w.wants(t, time.Minute)
	})
}

// broken is a store that does not work.
type broken struct{ *mailbox.Memory }

var errBroken = errors.New("broken")

func (broken) Find(context.Context, []mailbox.Key, int) ([]mailbox.Found, error) {
	return nil, errBroken
}

func (broken) Sweep(context.Context) (int, error) { return 0, errBroken }

// The errors of a store are those of the box, and a sweep that fails is tried again.
func TestBrokenStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mailbox.New(broken{mailbox.NewMemory()}, mailbox.Config{})
		if _, err := b.Watch(t.Context(), []mailbox.Slot{{1}}, time.Minute); !errors.Is(err, errBroken) {
			t.Errorf("the error is %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		failed := 0
		b.Run(ctx, func(err error) {
			if failed++; !errors.Is(err, errBroken) {
				t.Error(err)
			}
		})
		if failed != 3 {
			t.Errorf("%d sweeps failed in two and a half minutes, want 3", failed)
		}
	})
}
