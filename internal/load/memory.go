package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	senders      = 100
	stalledBytes = 20_000_000 // that each of the others passes on meanwhile, at least
	samples      = 10         // of the memory meanwhile; a relay that has just begun still grows
)

// stalled lets 100 senders send without end, to 99 receivers that read and one that
// does not, and compares the server's memory in the second half of that time with the
// first half.
func stalled(ctx context.Context, o options, relay *server, all *bars) error {
	want := int64(stalledBytes)
	if o.rooms < 1000 {
		want /= 20
	}
	var rooms []*room
	var working sync.WaitGroup
	defer working.Wait()
	defer func() {
		for _, r := range rooms {
			r.close()
		}
	}()
	for i := range senders {
		r, _, err := newLink(relay.at.Relay, 300_000+i/roomsPerAddress).newRoom(ctx)
		if err != nil {
			return err
		}
		rooms = append(rooms, r)
	}
	var received [senders]atomic.Int64
	for i, r := range rooms {
		payload := make([]byte, chunk)
		working.Go(func() {
			for r.sender.forward(payload) == nil {
			}
		})
		if i == 0 {
			continue // the one that stalls
		}
		_ = r.receiver.conn.SetReadDeadline(time.Time{})
		working.Go(func() {
			for {
				_, frame, err := r.receiver.conn.ReadMessage()
				if err != nil {
					return
				}
				received[i].Add(int64(len(frame)))
			}
		})
	}
	least := func() int64 {
		low := received[1].Load()
		for i := range received[1:] {
			low = min(low, received[1+i].Load())
		}
		return low
	}
	progress := func(to int64) error {
		for least() < to {
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	}
	var warm, later int64 // the most in the first half, and in the second one
	for i := range int64(samples) {
		if err := progress(want * (i + 1) / samples); err != nil {
			return err
		}
		u, err := relay.usage()
		if err != nil {
			return err
		}
		if i < samples/2 {
			warm = max(warm, u.memory())
		} else {
			later = max(later, u.memory())
		}
	}
	growth := float64(later-warm) / float64(warm)
	all.add(growth < memoryGrowth, false, fmt.Sprintf("memory with 1 stalled receiver among %d senders", senders), fmt.Sprintf("flat: under %.0f %%", 100*memoryGrowth),
		"%+.1f %% of %.1f MB", 100*growth, float64(warm)/1e6)
	return nil
}
