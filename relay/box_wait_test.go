package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/certificate"
	"github.com/tallow-transfer/tallow/internal/certificate/certificatetest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// watchAnswer is the answer to a request that waits.
type watchAnswer struct {
	resp *http.Response
	body []byte
	err  error
}

// watch begins to watch slots. The answer comes later.
func (b boxing) watch(ctx context.Context, client *http.Client, wait time.Duration, slots ...wire.BoxSlot) <-chan watchAnswer {
	answers := make(chan watchAnswer, 1)
	go func() {
		var a watchAnswer
		defer func() { answers <- a }()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"watch", bytes.NewReader(wire.BoxWatch{Slots: slots, Wait: wait}.Append(nil)))
		if err != nil {
			a.err = err
			return
		}
		if a.resp, a.err = client.Do(req); a.err != nil {
			return
		}
		defer a.resp.Body.Close()
		a.body, a.err = io.ReadAll(a.resp.Body)
	}()
	return answers
}

// waits waits until so many requests wait at a relay.
func waits(t *testing.T, r *Relay, want int) {
	t.Helper()
	eventually(t, "requests wait", func() bool { return r.Stats().Watchers == want })
}

// wantWatched waits for an answer, and fails the test unless it has some messages.
func (b boxing) wantWatched(answers <-chan watchAnswer, numbers ...byte) *http.Response {
	b.t.Helper()
	select {
	case a := <-answers:
		if a.err != nil || a.resp.StatusCode != http.StatusOK {
			b.t.Fatalf("%v, %v", a.resp, a.err)
		}
		b.wantMessages(a.body, numbers...)
		return a.resp
	case <-time.After(time.Minute):
		b.t.Fatal("there is no answer")
	}
	return nil
}

// Who waits hears of a message; who has gone does not count any more.
func TestBoxWaits(t *testing.T) {
	r, b := startBox(t, func(c *Config) { c.Mailbox.WatchersPerClient = 2 })
	ctx, cancel := context.WithCancel(t.Context())
	gone := b.watch(ctx, http.DefaultClient, time.Minute, wire.BoxSlot{1})
	waits(t, r, 1)
	stays := b.watch(t.Context(), http.DefaultClient, time.Minute, wire.BoxSlot{2}, wire.BoxSlot{1})
	waits(t, r, 2)
	resp, _ := b.want(http.StatusTooManyRequests, boxQuota, "watch", wire.BoxWatch{Slots: []wire.BoxSlot{{1}}, Wait: time.Second}.Append(nil))
	if resp.Header.Get("Retry-After") != "30" {
		t.Errorf("the headers are %v", resp.Header)
	}
	cancel()
	if a := <-gone; a.err == nil {
		t.Errorf("a request that was given up: %v", a.resp)
	}
	waits(t, r, 1)
	b.put(9)
	b.put(1)
	b.wantWatched(stays, 1)
	waits(t, r, 0)
}

// One client watches no more slots than a part of all.
func TestBoxSlotsPerClient(t *testing.T) {
	r, b := startBox(t, func(c *Config) { c.Mailbox.WatchersPerClient = 100 })
	slots := make([]wire.BoxSlot, wire.MaxBoxSlots)
	for i := range slots {
		slots[i] = wire.BoxSlot{byte(i), byte(i >> 8)}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var answers []<-chan watchAnswer
	for n := range slotsPerClient / len(slots) {
		answers = append(answers, b.watch(ctx, http.DefaultClient, time.Minute, slots...))
		waits(t, r, n+1)
	}
	b.want(http.StatusTooManyRequests, boxQuota, "watch", wire.BoxWatch{Slots: slots[:1], Wait: time.Second}.Append(nil))
	cancel()
	for _, a := range answers {
		<-a
	}
	waits(t, r, 0)
	b.want(http.StatusOK, "", "watch", watchBody(slots[0]))
}

// A relay that drains, or closes, lets nobody wait, and closes the connection so that
// the next request comes to another node.
func TestBoxDrains(t *testing.T) {
	r, b := startBox(t, nil)
	waiting := b.watch(t.Context(), http.DefaultClient, time.Minute, wire.BoxSlot{1})
	waits(t, r, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Drain(ctx)
	if resp := b.wantWatched(waiting); !resp.Close {
		t.Error("the connection stays open")
	}
	b.put(1) // which a relay takes until it closes
	b.wantWatched(b.watch(t.Context(), http.DefaultClient, time.Minute, wire.BoxSlot{1}), 1)
	b.wantWatched(b.watch(t.Context(), http.DefaultClient, time.Minute, wire.BoxSlot{2}))
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"put", "watch", "delete"} {
		b.want(http.StatusServiceUnavailable, "closing", path, watchBody(wire.BoxSlot{1}))
	}
}

// serveBox serves a relay as the command does, by HTTPS if secure is set, and returns a
// client of its mailbox, and what ends the relay and waits for that.
func serveBox(t *testing.T, secure bool) (boxing, *http.Client, func()) {
	t.Helper()
	config := unlimited()
	config.Mailbox = unlimitedBox()
	config.DrainTimeout = time.Minute
	scheme, transport := "http", &http.Transport{ForceAttemptHTTP2: true}
	if secure {
		pair := certificatetest.New(t, "127.0.0.1")
		config.TLS = certificate.ServerConfig(fixed{pair}, false)
		scheme, transport.TLSClientConfig = "https", &tls.Config{RootCAs: pair.Roots}
	}
	listener := listenTest(t)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, nil, config) }()
	t.Cleanup(transport.CloseIdleConnections)
	end := func() {
		cancel()
		select {
		case err := <-served:
			if err != nil {
				t.Error(err)
			}
			served <- nil
		case <-time.After(testTimeout):
			t.Error("the relay does not end")
		}
	}
	t.Cleanup(end)
	return boxing{t, scheme + "://" + listener.Addr().String() + "/api/box/"}, &http.Client{Transport: transport}, end
}

// A request may wait for longer than others may take, by HTTP/1.1 and by HTTP/2; and it
// ends when the relay does.
func TestBoxWaitsLong(t *testing.T) {
	for name, secure := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, client, end := serveBox(t, secure)
			begin := time.Now()
			const wait = 2*bodyTimeout + 2*time.Second // longer than the server's timeouts
			resp := b.wantWatched(b.watch(t.Context(), client, wait, wire.BoxSlot{1}))
			if took := time.Since(begin); took < wait || resp.Proto != name {
				t.Errorf("%s: an empty answer after %v", resp.Proto, took)
			}
			waiting := b.watch(t.Context(), client, time.Minute, wire.BoxSlot{1})
			resp, err := client.Post(b.base+"put", "application/json", bytes.NewReader(putBody(wire.BoxSlot{1}, 1)))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			b.wantWatched(waiting, 1)
			begin = time.Now()
			waiting = b.watch(t.Context(), client, time.Minute, wire.BoxSlot{2})
			time.AfterFunc(100*time.Millisecond, end)
			b.wantWatched(waiting)
			end()
			if took := time.Since(begin); took > 45*time.Second {
				t.Errorf("the relay took %v to end", took)
			}
		})
	}
}
