package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// roomsPerAddress is how many rooms share an address: few enough for its limits.
const roomsPerAddress = 9

// signalling connects all rooms at once, sends messages through them, and opens
// more rooms meanwhile.
func signalling(ctx context.Context, o options, relay *server, all *bars) error {
	before, err := relay.usage()
	if err != nil {
		return err
	}
	c := &crowd{relay: relay, since: time.Now()}
	defer c.close()
	if err := c.connect(ctx, o.rooms); err != nil {
		return err
	}
	with, err := relay.usage()
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.duration)
	defer stop()
	var opening sync.WaitGroup
	var opens []time.Duration
	var openErr error
	opening.Go(func() { opens, openErr = c.openMore(ctx) })
	trips, err := c.talk(ctx, o.perSecond)
	opening.Wait()
	if err := errors.Join(err, openErr); err != nil {
		return err
	}
	connections := int64(2 * len(c.rooms))
	each := (with.memory() - before.memory()) / connections
	all.add(c.lost.Load() == 0 && len(c.rooms) == o.rooms, false, fmt.Sprintf("%d rooms with both peers: connections lost", o.rooms), "0", "%d of %d", c.lost.Load(), connections)
	all.add(len(trips) > 0 && c.unanswered(trips) == 0, false, "messages without an answer", "0", "%d of %d", c.unanswered(trips), c.sent.Load())
	all.add(p95(trips) < 50*time.Millisecond, true, fmt.Sprintf("round trip between peers at %d messages a second, p95", o.perSecond), "under 50 ms", "%s", milliseconds(p95(trips)))
	all.add(p95(opens) < 100*time.Millisecond, true, "opening a room meanwhile, p95", "under 100 ms", "%s of %d", milliseconds(p95(opens)), len(opens))
	fmt.Printf("A connection costs %.1f KB of heap and %.1f KB of stacks.\n",
		float64(with.Heap-before.Heap)/float64(connections)/1000, float64(with.Stacks-before.Stacks)/float64(connections)/1000)
	all.add(each < 25_000, true, "memory of a connection", "under 25 KB", "%.1f KB", float64(each)/1000)
	return nil
}

// crowd is many rooms. Their peers read all the time; a receiver sends back what it
// gets.
type crowd struct {
	relay *server
	since time.Time
	rooms []*room

	reading sync.WaitGroup
	closing atomic.Bool
	lost    atomic.Int64
	sent    atomic.Int64

	mu    sync.Mutex
	trips []time.Duration
}

// connect connects the peers of n rooms.
func (c *crowd) connect(ctx context.Context, n int) error {
	const workers = 32
	c.rooms = make([]*room, n)
	var next atomic.Int64
	var working sync.WaitGroup
	failed := make(chan error, workers)
	for range workers {
		working.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				r, _, err := newLink(c.relay.at.Relay, i/roomsPerAddress).newRoom(ctx)
				if err != nil {
					failed <- fmt.Errorf("room %d: %w", i, err)
					return
				}
				c.rooms[i] = r
				c.reading.Go(func() { c.readReceiver(r.receiver) })
				c.reading.Go(func() { c.readSender(r.sender) })
			}
		})
	}
	working.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// readReceiver sends back all payloads.
func (c *crowd) readReceiver(p *peer) {
	c.readAll(p, func(payload []byte) error { return p.forward(payload) })
}

// readSender notes how long payloads took.
func (c *crowd) readSender(p *peer) {
	c.readAll(p, func(payload []byte) error {
		took := time.Since(c.since) - time.Duration(binary.BigEndian.Uint64(payload))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.trips = append(c.trips, took)
		return nil
	})
}

func (c *crowd) readAll(p *peer, handle func(payload []byte) error) {
	_ = p.conn.SetReadDeadline(time.Time{})
	for {
		_, frame, err := p.conn.ReadMessage()
		if err == nil && len(frame) >= 9 && wire.RoomKind(frame[0]) == wire.RoomForwardKind {
			err = handle(frame[1:])
		}
		if err != nil {
			if !c.closing.Load() {
				c.lost.Add(1)
			}
			return
		}
	}
}

// talk sends messages at a rate through rooms that it chooses at random, until ctx
// ends, and returns how long it took until each was back.
func (c *crowd) talk(ctx context.Context, perSecond int) ([]time.Duration, error) {
	payload := make([]byte, 300) // about what an ICE candidate takes when it is sealed
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	begin := time.Now()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		// A ticker of a busy machine drops ticks; they are made up for.
		for c.sent.Load() < int64(time.Since(begin).Seconds()*float64(perSecond)) {
			binary.BigEndian.PutUint64(payload, uint64(time.Since(c.since)))
			if err := c.rooms[rand.IntN(len(c.rooms))].sender.forward(payload); err != nil {
				return nil, err
			}
			c.sent.Add(1)
		}
	}
	for deadline := time.Now().Add(answerTime); time.Now().Before(deadline); {
		c.mu.Lock()
		back := int64(len(c.trips))
		c.mu.Unlock()
		if back == c.sent.Load() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trips, nil
}

func (c *crowd) unanswered(trips []time.Duration) int64 { return c.sent.Load() - int64(len(trips)) }

// openMore opens rooms, 10 a second, until ctx ends.
func (c *crowd) openMore(ctx context.Context) ([]time.Duration, error) {
	var all []time.Duration
	for i := 0; pause(ctx, 100*time.Millisecond) == nil; i++ {
		_, took, err := newLink(c.relay.at.Relay, 100_000+i).open(ctx, 2)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return all, err
		}
		all = append(all, took)
	}
	return all, nil
}

// close disconnects all.
func (c *crowd) close() {
	c.closing.Store(true)
	for _, r := range c.rooms {
		if r != nil {
			r.close()
		}
	}
	c.reading.Wait()
}
