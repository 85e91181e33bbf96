package storeclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// pipes are a network of pipes inside a synctest bubble, on the clock of the bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (pipes) Close() error   { return nil }
func (pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startInBubble serves a relay with a store inside a bubble, and returns a client of it.
func startInBubble(t *testing.T, config stored.Config) *Client {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	config.FreeFloor = 1
	r, err := relay.New(relay.Config{Store: &relay.StoreConfig{
		Service: stored.New(disk.Index, disk.Blobs, config), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(p) })
	e, err := rendezvous.ParseRelay("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	c := New(rendezvous.New(e, rendezvous.Options{Version: "test", Dial: p.dial}))
	t.Cleanup(func() {
		c.Close()
		_ = r.Close()
		close(p.done)
		_ = server.Close()
		serving.Wait()
		_ = disk.Close()
	})
	return c
}

// What is stored can be fetched until the second in which it expires, and no longer,
// whatever its sender or a receiver has begun before: at the very time that both were told.
func TestExpiresToTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, stored.Config{ClaimLife: 10 * time.Hour})
		ctx := t.Context()
		whole, parts := testContent()
		began := time.Now()
		id := create(t, c, 2) // it lives for an hour
		for number, part := range parts {
			if err := c.PutPart(ctx, id, testOwner, number, bytes.NewReader(part), Pace{}); err != nil {
				t.Fatal(err)
			}
		}
		s, err := c.Complete(ctx, id, testOwner, len(parts))
		if err != nil || !s.Expires.Equal(began.Add(time.Hour)) {
			t.Fatalf("it expires at %v, began at %v; %v", s.Expires, began, err)
		}
		claimed, err := c.Claim(ctx, id, testProof, testClaim)
		if err != nil || !claimed.Expires.Equal(s.Expires) {
			t.Fatalf("claimed: %+v, %v", claimed, err)
		}

		there := func(when string, want bool) {
			t.Helper()
			calls := map[string]func() error{
				"the offer": func() error { _, err := c.Offer(ctx, id); return err },
				"a claim":   func() error { _, err := c.Claim(ctx, id, testProof, testClaim); return err },
				"data": func() error {
					r, err := c.Data(ctx, id, testClaim, 0, int64(len(whole)))
					if err != nil {
						return err
					}
					got, err := io.ReadAll(r)
					if err == nil && !bytes.Equal(got, whole) {
						err = errors.New("other bytes")
					}
					return errors.Join(err, r.Close())
				},
				"the state": func() error { _, err := c.State(ctx, id, testOwner); return err },
			}
			if !want {
				calls["a commit"] = func() error { return c.Commit(ctx, id, testClaim) }
				calls["more time"] = func() error { _, err := c.Extend(ctx, id, testOwner, time.Hour); return err }
				calls["a deletion"] = func() error { return c.Delete(ctx, id, testOwner) }
			}
			for what, call := range calls {
				if err := call(); want && err != nil || !want && !Refused(err, Unknown) {
					t.Errorf("%s %s: %v", what, when, err)
				}
			}
		}
		time.Sleep(time.Until(s.Expires) - time.Second)
		there("a second before", true)
		if s, err = c.Extend(ctx, id, testOwner, 30*time.Minute); err != nil || time.Until(s.Expires) != 30*time.Minute {
			t.Fatalf("extended to %v, %v", s.Expires, err)
		}
		time.Sleep(time.Second)
		there("at the first time, which was extended", true)
		time.Sleep(30*time.Minute - time.Second - time.Nanosecond)
		there("a nanosecond before the second time", true)
		time.Sleep(time.Nanosecond)
		there("at the second time", false)
		time.Sleep(time.Hour)
		there("an hour after it", false)
	})
}
