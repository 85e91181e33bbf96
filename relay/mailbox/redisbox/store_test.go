package redisbox

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/relay/mailbox"
	"github.com/tallow-transfer/tallow/relay/mailbox/mailboxtest"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := s.Put(t.Context(), mailboxtest.Key(n), mailboxtest.Message(n), time.Hour, 1000); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	mailboxtest.Run(t, func(t *testing.T) mailbox.Store { return open(t, redistest.Start(t).URL) })
}

func TestWrongURL(t *testing.T) {
	if _, err := Open("http://host"); err == nil || !strings.Contains(err.Error(), "Redis") {
		t.Errorf("error %v", err)
	}
}

// A server that accepts and says nothing, as one that is paused does.
func TestSilence(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := open(t, "redis://"+listener.Addr().String())
	begin := time.Now()
	if _, err := s.Find(t.Context(), []mailbox.Key{{1}}, 1); err == nil {
		t.Error("nobody answered, and there is no error")
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the call took %v", took)
	}
}

// Everything that the store writes ends by itself, also the index of messages with
// different lives, and no key tells a slot.
func TestKeys(t *testing.T) {
	s := open(t, redistest.Start(t).URL)
	ctx := t.Context()
	slot := mailbox.Slot(bytes.Repeat([]byte{0xa5}, 32))
	for key, life := range map[mailbox.Key]time.Duration{mailbox.KeyOf(slot): time.Hour, {2}: 2 * time.Hour, {3}: time.Minute} {
		if err := s.Put(ctx, key, mailboxtest.Message(1), life, 10); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.client.Keys(ctx, "*").Result()
	if err != nil || len(all) != 4 {
		t.Fatalf("keys %q, %v", all, err)
	}
	for _, key := range all {
		left, err := s.client.PTTL(ctx, key).Result()
		if err != nil || left <= 0 {
			t.Errorf("%s never ends: %v, %v", key, left, err)
		}
		if key == index && left < time.Hour+time.Minute {
			t.Errorf("the index ends in %v, before a message", left)
		}
		if strings.Contains(key, "a5a5a5a5") || !strings.HasPrefix(key, "{tallow}:") {
			t.Errorf("the key is %s", key)
		}
	}
	if err := s.Delete(ctx, []mailbox.Key{mailbox.KeyOf(slot), {2}, {3}}); err != nil {
		t.Fatal(err)
	}
	if all, err := s.client.Keys(ctx, "*").Result(); err != nil || len(all) != 0 {
		t.Errorf("keys %q are left, %v", all, err)
	}
}

// What nobody here has written is an error, and is not taken for a message.
func TestForeignMessage(t *testing.T) {
	s := open(t, redistest.Start(t).URL)
	key := mailboxtest.Key(1)
	if err := s.client.Set(t.Context(), names([]mailbox.Key{key})[1], "something else", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Find(t.Context(), []mailbox.Key{key}, 1); err == nil {
		t.Errorf("it is found: %v", found)
	}
}

// heard is what a follower was told.
type heard struct {
	mu     sync.Mutex
	keys   map[mailbox.Key]int
	missed int
}

// follow follows a store until the test ends.
func follow(t *testing.T, s *Store) *heard {
	t.Helper()
	h := &heard{keys: make(map[mailbox.Key]int)}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		s.Follow(ctx, func(k mailbox.Key) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.keys[k]++
		}, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.missed++
		})
	})
	t.Cleanup(func() {
		stop()
		all.Wait()
	})
	return h
}

// wants waits until the follower was told of something.
func (h *heard) wants(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		h.mu.Lock()
		ok := done()
		h.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the follower is not told %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// Every node hears of what any of them has put, and of its own connection that broke.
func TestFollow(t *testing.T) {
	server := redistest.Start(t)
	a, b := open(t, server.URL), open(t, server.URL)
	all := []*heard{follow(t, a), follow(t, b)}
	for _, h := range all {
		h.wants(t, "that it hears now", func() bool { return h.missed == 1 })
	}
	put(t, a, 1)
	put(t, a, 1) // which is no news
	put(t, b, 2)
	for _, h := range all {
		h.wants(t, "of the messages", func() bool {
			return len(h.keys) == 2 && h.keys[mailboxtest.Key(1)] == 1 && h.keys[mailboxtest.Key(2)] == 1
		})
	}
	server.Kill()
	server.Restart()
	for _, h := range all {
		h.wants(t, "that it may have missed something", func() bool { return h.missed >= 2 })
	}
	put(t, b, 3)
	for _, h := range all {
		h.wants(t, "of a message after that", func() bool { return h.keys[mailboxtest.Key(3)] == 1 })
	}
}

// A follower waits for a Redis that is not there yet.
func TestFollowEarly(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	h := follow(t, open(t, server.URL))
	server.Restart()
	h.wants(t, "that it hears now", func() bool { return h.missed >= 1 })
}

// FuzzParse reads any reply as messages.
func FuzzParse(f *testing.F) {
	f.Add(int64(0), bytes.Repeat([]byte{1}, mailbox.MessageSize), int64(3), []byte("short"), 4)
	f.Add(int64(-1), bytes.Repeat([]byte{1}, mailbox.MessageSize), int64(9), bytes.Repeat([]byte{1}, mailbox.MessageSize), 4)
	f.Fuzz(func(t *testing.T, first int64, a []byte, second int64, b []byte, keys int) {
		found, err := parse([]any{first, string(a), second, string(b)}, keys)
		if err != nil {
			return
		}
		for _, m := range found {
			if m.Index < 0 || m.Index >= keys || len(m.Message) != mailbox.MessageSize {
				t.Errorf("%d of %d: %d bytes", m.Index, keys, len(m.Message))
			}
		}
		if _, err := parse([]any{first, string(a), second}, keys); err == nil {
			t.Error("half a message was read")
		}
	})
}
