// Package storetest has the suite that every roomstore.Store passes.
package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/roomstore"
)

const life = time.Minute

// Run runs the suite. open makes an empty store for each test.
func Run(t *testing.T, open func(t *testing.T) roomstore.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, roomstore.Store)
	}{
		{"a record is found as it was opened", opened},
		{"a nameplate is taken once", taken},
		{"one of many gets a nameplate", openRace},
		{"one of many becomes the home", claimRace},
		{"a beat tells whether there was one", beats},
		{"a room stays with a home that beats", stays},
		{"a room without a record is claimed only if it may be made", claimNew},
		{"a burnt room stays burnt", burnt},
		{"a room that moved cannot be kept, released or ended by its last home", moved},
		{"keep makes a lost record again", lost},
		{"an ended room leaves a tombstone", tombstones},
		{"records and beats expire", expire},
		{"a call ends with its context", ended},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			t.Cleanup(func() { _ = s.Close() })
			test.run(t, s)
		})
	}
}

func record(nameplate, home string) roomstore.Record {
	return roomstore.Record{
		Key: roomstore.CodeKey(nameplate), Home: home, Nonce: [16]byte{1, 2}, Words: 3, Ticket: [32]byte{4, 5},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func beat(t *testing.T, s roomstore.Store, node, address string, life time.Duration) {
	t.Helper()
	_, err := s.Beat(t.Context(), node, address, life)
	must(t, err)
}

func find(t *testing.T, s roomstore.Store, key roomstore.Key) roomstore.Record {
	t.Helper()
	r, found, err := s.Find(t.Context(), key)
	must(t, err)
	if !found {
		t.Fatalf("%s is not there", key)
	}
	return r
}

func claim(t *testing.T, s roomstore.Store, key roomstore.Key, node string) roomstore.Record {
	t.Helper()
	r, found, err := s.Claim(t.Context(), key, node, 0)
	must(t, err)
	if !found {
		t.Fatalf("%s is not there", key)
	}
	return r
}

func opened(t *testing.T, s roomstore.Store) {
	beat(t, s, "a", "host:1", life)
	want := record("7", "a")
	must(t, s.Open(t.Context(), want, life, false))
	got := find(t, s, want.Key)
	if got.Left <= 0 || got.Left > life {
		t.Errorf("%v left of %v", got.Left, life)
	}
	want.Address, want.Left = "host:1", got.Left
	if got != want {
		t.Errorf("found %+v, want %+v", got, want)
	}
	if _, found, err := s.Find(t.Context(), roomstore.CodeKey("8")); found || err != nil {
		t.Errorf("a room that nobody opened: %v, %v", found, err)
	}
}

func taken(t *testing.T, s roomstore.Store) {
	must(t, s.Open(t.Context(), record("7", "a"), life, false))
	for _, again := range []bool{false, true} {
		if err := s.Open(t.Context(), record("7", "b"), life, again); !errors.Is(err, roomstore.ErrTaken) {
			t.Errorf("opened again (%v): %v", again, err)
		}
	}
}

// race calls f in many goroutines and returns how often it said true.
func race(f func(i int) bool) int {
	var yes atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if f(i) {
				yes.Add(1)
			}
		})
	}
	wg.Wait()
	return int(yes.Load())
}

func openRace(t *testing.T, s roomstore.Store) {
	n := race(func(i int) bool { return s.Open(t.Context(), record("7", strconv.Itoa(i)), life, false) == nil })
	if n != 1 {
		t.Errorf("%d of 40 opened one nameplate", n)
	}
}

func claimRace(t *testing.T, s roomstore.Store) {
	must(t, s.Open(t.Context(), record("7", "dead"), life, false))
	key := roomstore.CodeKey("7")
	n := race(func(i int) bool {
		node := strconv.Itoa(i)
		if _, err := s.Beat(t.Context(), node, "host:"+node, life); err != nil {
			return false
		}
		r, found, err := s.Claim(t.Context(), key, node, 0)
		return err == nil && found && r.Home == node
	})
	if n != 1 {
		t.Errorf("%d of 40 became the home", n)
	}
}

func beats(t *testing.T, s roomstore.Store) {
	for _, want := range []bool{false, true} {
		if alive, err := s.Beat(t.Context(), "a", "host:1", life); alive != want || err != nil {
			t.Errorf("alive before: %v, %v, want %v", alive, err, want)
		}
	}
	must(t, s.Leave(t.Context(), "a"))
	if alive, err := s.Beat(t.Context(), "a", "host:1", life); alive || err != nil {
		t.Errorf("alive after it left: %v, %v", alive, err)
	}
}

func stays(t *testing.T, s roomstore.Store) {
	beat(t, s, "a", "host:1", life)
	beat(t, s, "b", "host:2", life)
	must(t, s.Open(t.Context(), record("7", "a"), life, false))
	key := roomstore.CodeKey("7")
	if r := claim(t, s, key, "b"); r.Home != "a" || r.Address != "host:1" {
		t.Errorf("b got a room of a: %+v", r)
	}
	must(t, s.Leave(t.Context(), "a"))
	want := record("7", "b")
	got := claim(t, s, key, "b")
	want.Address, want.Left = "host:2", got.Left
	if got != want {
		t.Errorf("after a left, b got %+v, want %+v", got, want)
	}
}

func claimNew(t *testing.T, s roomstore.Store) {
	beat(t, s, "a", "host:1", life)
	key := roomstore.ResumeKey([16]byte{1})
	if _, found, err := s.Claim(t.Context(), key, "a", 0); found || err != nil {
		t.Errorf("claimed what is not there: %v, %v", found, err)
	}
	r, found, err := s.Claim(t.Context(), key, "a", life)
	must(t, err)
	if !found || r.Home != "a" {
		t.Errorf("claimed %+v, %v", r, found)
	}
	if r := claim(t, s, key, "b"); r.Home != "a" {
		t.Errorf("b got %+v", r)
	}
}

func burnt(t *testing.T, s roomstore.Store) {
	r := record("7", "a")
	must(t, s.Open(t.Context(), r, life, false))
	r.Burnt = true
	must(t, s.Keep(t.Context(), r, life))
	r.Burnt = false
	must(t, s.Keep(t.Context(), r, life))
	if !find(t, s, r.Key).Burnt {
		t.Error("the room is not burnt any more")
	}
}

func moved(t *testing.T, s roomstore.Store) {
	beat(t, s, "b", "host:2", life)
	r := record("7", "a")
	must(t, s.Open(t.Context(), r, life, false))
	must(t, s.Release(t.Context(), r.Key, "a"))
	if got := claim(t, s, r.Key, "b"); got.Home != "b" {
		t.Fatalf("a released room was not claimed: %+v", got)
	}
	if err := s.Keep(t.Context(), r, life); !errors.Is(err, roomstore.ErrMoved) {
		t.Errorf("kept by its last home: %v", err)
	}
	must(t, s.Release(t.Context(), r.Key, "a"))
	must(t, s.End(t.Context(), r.Key, "a", 3, life))
	must(t, s.End(t.Context(), r.Key, "a", 3, 0))
	if got := find(t, s, r.Key); got.Home != "b" || got.Over != 0 {
		t.Errorf("the last home changed it: %+v", got)
	}
}

func lost(t *testing.T, s roomstore.Store) {
	r := record("7", "a")
	must(t, s.Keep(t.Context(), r, life))
	if got := find(t, s, r.Key); got.Home != "a" || got.Ticket != r.Ticket {
		t.Errorf("kept %+v", got)
	}
}

func tombstones(t *testing.T, s roomstore.Store) {
	r := record("7", "a")
	must(t, s.Open(t.Context(), r, life, false))
	must(t, s.End(t.Context(), r.Key, "a", 8, life))
	if got := claim(t, s, r.Key, "b"); got.Over != 8 || got.Home != "a" {
		t.Errorf("a tombstone was claimed: %+v", got)
	}
	must(t, s.End(t.Context(), r.Key, "a", 3, life))
	if got := find(t, s, r.Key); got.Over != 8 {
		t.Errorf("a tombstone says another reason: %d", got.Over)
	}
	if err := s.Keep(t.Context(), r, life); !errors.Is(err, roomstore.ErrMoved) {
		t.Errorf("a tombstone was kept as a room: %v", err)
	}
	if err := s.Open(t.Context(), record("7", "b"), life, false); !errors.Is(err, roomstore.ErrTaken) {
		t.Errorf("opened over a tombstone: %v", err)
	}
	must(t, s.Open(t.Context(), record("7", "b"), life, true))
	if got := find(t, s, r.Key); got.Home != "b" || got.Over != 0 {
		t.Errorf("opened again: %+v", got)
	}
	must(t, s.End(t.Context(), r.Key, "b", 3, 0))
	if _, found, err := s.Find(t.Context(), r.Key); found || err != nil {
		t.Errorf("removed, and still there: %v, %v", found, err)
	}
}

func expire(t *testing.T, s roomstore.Store) {
	const short = 20 * time.Millisecond
	beat(t, s, "a", "host:1", short)
	must(t, s.Open(t.Context(), record("7", "a"), life, false))
	must(t, s.Open(t.Context(), record("8", "a"), short, false))
	deadline := time.Now().Add(time.Minute)
	for {
		_, found, err := s.Find(t.Context(), roomstore.CodeKey("8"))
		must(t, err)
		if !found && find(t, s, roomstore.CodeKey("7")).Address == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("something did not expire")
		}
		time.Sleep(time.Millisecond)
	}
}

func ended(t *testing.T, s roomstore.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = s.Find(ctx, roomstore.CodeKey("7"))
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the call goes on")
	}
}
