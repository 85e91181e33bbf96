// Package mailboxtest has the suite that every mailbox.Store passes. Start with [Run].
package mailboxtest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/mailbox"
)

const (
	life = time.Hour
	many = 1000 // messages, where their number does not matter
)

// Run runs the suite. open makes an empty store for each test.
func Run(t *testing.T, open func(t *testing.T) mailbox.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, mailbox.Store)
	}{
		{"messages are found in the order of the keys", inOrder},
		{"no more messages are found than were asked for", atMost},
		{"one of thousands of keys has a message", oneOfThousands},
		{"the same message may be put again, another may not", again},
		{"one of many writers gets a slot", race},
		{"a message is what it was when it was put", changedAfterwards},
		{"what is deleted is gone, and its slot is free", deleted},
		{"messages expire, each at its time", expire},
		{"there are no more messages than there may be", full},
		{"writers at the same time put no more than there may be", fullRace},
		{"an expired message leaves room for another", roomOfExpired},
		{"a call ends with its context", ended},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

// Key returns a key that is like no other number's.
func Key(n int) mailbox.Key { return mailbox.KeyOf(mailbox.Slot{byte(n), byte(n >> 8), 1}) }

// Message returns a message that is like no other number's.
func Message(n int) []byte {
	m := make([]byte, mailbox.MessageSize)
	_, _ = rand.NewChaCha8(Key(n)).Read(m) // which does not fail
	return m
}

func keys(n ...int) []mailbox.Key {
	var all []mailbox.Key
	for _, n := range n {
		all = append(all, Key(n))
	}
	return all
}

func put(t *testing.T, s mailbox.Store, n int, life time.Duration) {
	t.Helper()
	if err := s.Put(t.Context(), Key(n), Message(n), life, many); err != nil {
		t.Fatal(err)
	}
}

// wantFound fails the test unless a search finds the messages of certain keys.
func wantFound(t *testing.T, s mailbox.Store, keys []mailbox.Key, most int, want map[int]int, order ...int) {
	t.Helper()
	found, err := s.Find(t.Context(), keys, most)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, f := range found {
		got = append(got, f.Index)
		if n, ok := want[f.Index]; ok && !bytes.Equal(f.Message, Message(n)) {
			t.Errorf("under key %d there is %x..., want message %d", f.Index, f.Message[:4], n)
		}
	}
	if !slices.Equal(got, order) {
		t.Errorf("found under the keys %v, want %v", got, order)
	}
}

func inOrder(t *testing.T, s mailbox.Store) {
	for n := range 5 {
		put(t, s, n, life)
	}
	wantFound(t, s, keys(9, 3, 0, 8, 4), 10, map[int]int{1: 3, 2: 0, 4: 4}, 1, 2, 4)
	wantFound(t, s, keys(9, 8), 10, nil)
	wantFound(t, s, nil, 10, nil)
}

func atMost(t *testing.T, s mailbox.Store) {
	for n := range 5 {
		put(t, s, n, life)
	}
	wantFound(t, s, keys(4, 3, 9, 2, 1), 3, map[int]int{0: 4, 1: 3, 3: 2}, 0, 1, 3)
}

func oneOfThousands(t *testing.T, s mailbox.Store) {
	put(t, s, 4095, life)
	var all []mailbox.Key
	for n := range 4096 {
		all = append(all, Key(n))
	}
	wantFound(t, s, all, 64, map[int]int{4095: 4095}, 4095)
}

func again(t *testing.T, s mailbox.Store) {
	put(t, s, 1, life)
	put(t, s, 1, life)
	if err := s.Put(t.Context(), Key(1), Message(2), life, many); !errors.Is(err, mailbox.ErrTaken) {
		t.Errorf("another message: %v, want ErrTaken", err)
	}
	if err := s.Put(t.Context(), Key(1), Message(1), life, 1); err != nil {
		t.Errorf("the same where there is no room for one more: %v", err)
	}
	wantFound(t, s, keys(1), 10, map[int]int{0: 1}, 0)
	wantLeft(t, s, 1)
}

func wantLeft(t *testing.T, s mailbox.Store, want int) {
	t.Helper()
	if left, err := s.Sweep(t.Context()); err != nil || left != want {
		t.Errorf("%d messages are left, %v; want %d", left, err, want)
	}
}

// count calls f in many goroutines and returns how often it said true.
func count(f func(n int) bool) int {
	var yes atomic.Int64
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			if f(n) {
				yes.Add(1)
			}
		})
	}
	all.Wait()
	return int(yes.Load())
}

func race(t *testing.T, s mailbox.Store) {
	var winner atomic.Int64
	n := count(func(n int) bool {
		err := s.Put(t.Context(), Key(1), Message(n), life, many)
		if err == nil {
			winner.Store(int64(n))
		} else if !errors.Is(err, mailbox.ErrTaken) {
			t.Error(err)
		}
		return err == nil
	})
	if n != 1 {
		t.Fatalf("%d of 40 got one slot", n)
	}
	wantFound(t, s, keys(1), 10, map[int]int{0: int(winner.Load())}, 0)
}

func changedAfterwards(t *testing.T, s mailbox.Store) {
	m := Message(1)
	if err := s.Put(t.Context(), Key(1), m, life, many); err != nil {
		t.Fatal(err)
	}
	m[5] ^= 1
	wantFound(t, s, keys(1), 10, map[int]int{0: 1}, 0)
}

func deleted(t *testing.T, s mailbox.Store) {
	for n := range 3 {
		put(t, s, n, life)
	}
	for range 2 { // the second time there is nothing
		if err := s.Delete(t.Context(), keys(0, 2, 9)); err != nil {
			t.Fatal(err)
		}
		wantFound(t, s, keys(0, 1, 2), 10, map[int]int{1: 1}, 1)
		wantLeft(t, s, 1)
	}
	if err := s.Put(t.Context(), Key(0), Message(7), life, many); err != nil {
		t.Fatal(err)
	}
	wantFound(t, s, keys(0), 10, map[int]int{0: 7}, 0)
	wantLeft(t, s, 2)
}

// gone waits until a message is not found any more.
func gone(t *testing.T, s mailbox.Store, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		found, err := s.Find(t.Context(), keys(n), 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a message does not expire")
		}
		time.Sleep(time.Millisecond)
	}
}

func expire(t *testing.T, s mailbox.Store) {
	put(t, s, 1, 20*time.Millisecond)
	put(t, s, 2, life)
	gone(t, s, 1)
	wantFound(t, s, keys(1, 2), 10, map[int]int{1: 2}, 1)
	if err := s.Put(t.Context(), Key(1), Message(3), life, many); err != nil {
		t.Errorf("into the slot of an expired message: %v", err)
	}
	wantFound(t, s, keys(1, 2), 10, map[int]int{0: 3, 1: 2}, 0, 1)
	wantLeft(t, s, 2)
}

func full(t *testing.T, s mailbox.Store) {
	for n := range 3 {
		put(t, s, n, life)
	}
	err := s.Put(t.Context(), Key(3), Message(3), life, 3)
	if !errors.Is(err, mailbox.ErrFull) {
		t.Errorf("a fourth of three: %v, want ErrFull", err)
	}
	if err := s.Put(t.Context(), Key(0), Message(5), life, 3); !errors.Is(err, mailbox.ErrTaken) {
		t.Errorf("into a slot that is taken: %v, want ErrTaken", err)
	}
	if err := s.Delete(t.Context(), keys(1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), Key(3), Message(3), life, 3); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
	wantFound(t, s, keys(0, 1, 2, 3), 10, map[int]int{0: 0, 2: 2, 3: 3}, 0, 2, 3)
}

func fullRace(t *testing.T, s mailbox.Store) {
	n := count(func(n int) bool {
		err := s.Put(t.Context(), Key(n), Message(n), life, 7)
		if err != nil && !errors.Is(err, mailbox.ErrFull) {
			t.Error(err)
		}
		return err == nil
	})
	if n != 7 {
		t.Errorf("%d were put, want 7", n)
	}
	wantLeft(t, s, 7)
}

func roomOfExpired(t *testing.T, s mailbox.Store) {
	put(t, s, 1, 20*time.Millisecond)
	put(t, s, 2, life)
	gone(t, s, 1)
	if err := s.Put(t.Context(), Key(3), Message(3), life, 2); err != nil {
		t.Errorf("where one has expired: %v", err)
	}
	wantLeft(t, s, 2)
}

func ended(t *testing.T, s mailbox.Store) {
	put(t, s, 1, life)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Find(ctx, keys(1), 1)
	_, swept := s.Sweep(ctx)
	for what, err := range map[string]error{
		"put": s.Put(ctx, Key(2), Message(2), life, many), "find": err, "delete": s.Delete(ctx, keys(1)), "sweep": swept,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantFound(t, s, keys(1), 1, map[int]int{0: 1}, 0)
}
