package redisstore_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tallow-transfer/tallow/relay/roomstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/redisstore"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/roomstore/storetest"
)

func open(t *testing.T, url string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) roomstore.Store { return open(t, redistest.Start(t).URL) })
}

func TestWrongURL(t *testing.T) {
	if _, err := redisstore.Open("http://host"); err == nil || !strings.Contains(err.Error(), "Redis") {
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
	defer s.Close()
	begin := time.Now()
	if _, err := s.Beat(t.Context(), "a", "host:1", time.Minute); err == nil {
		t.Error("nobody answered, and there is no error")
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the call took %v", took)
	}
}

// Everything that the store writes ends by itself, and tells no secret.
func TestKeys(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL)
	defer s.Close()
	ctx := t.Context()
	_, err := s.Beat(ctx, "a", "host:1", time.Minute)
	for _, err := range []error{
		err,
		s.Open(ctx, roomstore.Record{Key: roomstore.CodeKey("7"), Home: "a"}, time.Minute, false),
		s.Open(ctx, roomstore.Record{Key: roomstore.CodeKey("8"), Home: "a"}, time.Minute, false),
		s.End(ctx, roomstore.CodeKey("8"), "a", 3, time.Minute),
		s.Keep(ctx, roomstore.Record{Key: roomstore.CodeKey("9"), Home: "a"}, time.Minute),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Claim(ctx, roomstore.ResumeKey([16]byte([]byte("0123456789abcdef"))), "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	keys, err := client.Keys(ctx, "*").Result()
	if err != nil || len(keys) != 5 {
		t.Fatalf("keys %q, %v", keys, err)
	}
	for _, key := range keys {
		if left, err := client.PTTL(ctx, key).Result(); err != nil || left <= 0 {
			t.Errorf("%s never ends: %v, %v", key, left, err)
		}
		if strings.Contains(key, "0123456789abcdef") {
			t.Errorf("%s tells the id of a resume room", key)
		}
	}
}
