package mailbox

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures a Box. Zero values mean the defaults.
type Config struct {
	// Life is how long a message is kept, 14 days by default.
	Life time.Duration
	// MaxMessages is how many messages there may be, 50,000 by default: 100 MB.
	MaxMessages int
	// MaxWatchedSlots is how many slots all that wait at a time may watch, 1,000,000 by
	// default; each takes about 150 bytes.
	MaxWatchedSlots int
}

func (c Config) withDefaults() Config {
	c.Life = cmp.Or(c.Life, 14*24*time.Hour)
	c.MaxMessages = cmp.Or(c.MaxMessages, 50_000)
	c.MaxWatchedSlots = cmp.Or(c.MaxWatchedSlots, 1_000_000)
	return c
}

// maxBatch is how many messages Watch returns at most.
const maxBatch = 64

// sweepInterval is how often what has expired is removed.
const sweepInterval = time.Minute

// lookAgain is when a call that waits looks again after the store has failed.
const lookAgain = time.Second

// ErrBusy says that too many slots are watched.
var ErrBusy = errors.New("too many slots are watched")

// Box is what may be done with a mailbox. Its methods may be called by any goroutine.
type Box struct {
	store    Store
	config   Config
	watchers *watchers
	left     atomic.Int64 // messages, as of the last sweep

	drain   sync.Once
	drained chan struct{} // closed once nobody may wait any more
}

// New makes a Box of what is in a store. Who has made the store closes it afterwards.
func New(s Store, c Config) *Box {
	c = c.withDefaults()
	return &Box{store: s, config: c, watchers: newWatchers(c.MaxWatchedSlots), drained: make(chan struct{})}
}

// Put puts a message into a slot, and wakes who watches it. To put the same message
// again changes nothing. Errors: ErrTaken, ErrFull, and those of the store.
func (b *Box) Put(ctx context.Context, slot Slot, message []byte) error {
	key := KeyOf(slot)
	if err := b.store.Put(ctx, key, message, b.config.Life, b.config.MaxMessages); err != nil {
		return err
	}
	b.watchers.wake(key)
	return nil
}

// Message is a message and its slot.
type Message struct {
	Slot    Slot
	Message []byte
}

// Watch returns the messages that are in some slots, at most 64 of them. If there is
// none it waits for that long, and then returns none. Errors: ErrBusy, the cause of ctx,
// and those of the store at the first look; later it looks again.
func (b *Box) Watch(ctx context.Context, slots []Slot, wait time.Duration) ([]Message, error) {
	keys := make([]Key, len(slots))
	for i, s := range slots {
		keys[i] = KeyOf(s)
	}
	if wait <= 0 {
		return b.find(ctx, slots, keys)
	}
	w := b.watchers.add(keys) // before the first look, so that nothing comes between
	if w == nil {
		return nil, ErrBusy
	}
	defer b.watchers.remove(w)
	over := time.NewTimer(wait)
	defer over.Stop()
	for waited := false; ; waited = true {
		var again <-chan time.Time
		switch found, err := b.find(ctx, slots, keys); {
		case err == nil && len(found) > 0, err != nil && !waited:
			return found, err
		case err != nil: // the store is away, for a moment perhaps
			again = time.After(lookAgain)
		}
		select {
		case <-w.woken:
		case <-again:
		case <-over.C:
			return nil, nil
		case <-b.drained:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// find returns the messages that are in some slots.
func (b *Box) find(ctx context.Context, slots []Slot, keys []Key) ([]Message, error) {
	found, err := b.store.Find(ctx, keys, maxBatch)
	if err != nil {
		return nil, err
	}
	messages := make([]Message, 0, len(found))
	for _, f := range found {
		messages = append(messages, Message{slots[f.Index], f.Message})
	}
	return messages, nil
}

// Delete removes the messages in some slots. That there are none is no error.
func (b *Box) Delete(ctx context.Context, slots []Slot) error {
	keys := make([]Key, len(slots))
	for i, s := range slots {
		keys[i] = KeyOf(s)
	}
	return b.store.Delete(ctx, keys)
}

// Run removes what has expired, and hears of the messages that other nodes put, until
// ctx ends. failed is told of sweeps that fail.
func (b *Box) Run(ctx context.Context, failed func(error)) {
	var tasks sync.WaitGroup
	if shared, ok := b.store.(Shared); ok {
		tasks.Go(func() { shared.Follow(ctx, b.watchers.wake, b.watchers.wakeAll) })
	}
	tasks.Go(func() { b.keepSweeping(ctx, failed) })
	tasks.Wait()
}

func (b *Box) keepSweeping(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		left, err := b.store.Sweep(ctx)
		switch {
		case err == nil:
			b.left.Store(int64(left))
		case ctx.Err() == nil:
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Drain ends every wait, and those that come.
func (b *Box) Drain() { b.drain.Do(func() { close(b.drained) }) }

// Stats counts what is there.
type Stats struct {
	Messages int // as of the last sweep, once a minute
	Watchers int // requests that wait at this node
}

// Stats counts what is there now.
func (b *Box) Stats() Stats { return Stats{int(b.left.Load()), b.watchers.count()} }
