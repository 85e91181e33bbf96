package boxclient_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/boxclient"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

// patience is how long something may take that has to happen.
const patience = time.Minute

// retry is what Watch says before it waits.
type retry struct {
	err  error
	wait time.Duration
}

// retries returns options that put what Watch says into a channel.
func retries() (boxclient.Options, <-chan retry) {
	all := make(chan retry, 1000)
	return boxclient.Options{Retrying: func(err error, wait time.Duration) {
		select {
		case all <- retry{err, wait}:
		default:
		}
	}}, all
}

// next waits for what Watch says.
func next(t *testing.T, all <-chan retry) retry {
	t.Helper()
	select {
	case r := <-all:
		return r
	case <-time.After(patience):
		t.Fatal("nothing is tried again")
		return retry{}
	}
}

// watched is the result of Watch.
type watched struct {
	messages []boxclient.Message
	err      error
}

func watch(t *testing.T, c *boxclient.Client, slots ...boxclient.Slot) <-chan watched {
	results := make(chan watched, 1)
	go func() {
		m, err := c.Watch(t.Context(), slots)
		results <- watched{m, err}
	}()
	return results
}

// A relay that goes away while a device watches, and comes back, is watched again, and
// what was put before and meanwhile is found.
func TestRelayGoesAway(t *testing.T) {
	r := relaytest.Start(t, relay.Config{Mailbox: relay.MailboxConfig{Store: mailbox.NewMemory()}})
	options, all := retries()
	c, other := newClient(t, r.URL, "", options), newClient(t, r.URL, "", boxclient.Options{})
	put(t, other, boxclient.Slot{1}, message(1))
	got, err := c.Watch(t.Context(), []boxclient.Slot{{1}, {2}})
	wants(t, got, err, boxclient.Slot{1})
	if err := c.Delete(t.Context(), boxclient.Slot{1}); err != nil {
		t.Fatal(err)
	}

	results := watch(t, c, boxclient.Slot{1}, boxclient.Slot{2})
	r.GoAway()
	for range 2 {
		var unreachable *rendezvous.UnreachableError
		if n := next(t, all); !errors.As(n.err, &unreachable) || n.wait <= 0 {
			t.Errorf("while the relay is away: %v, %v", n.err, n.wait)
		}
	}
	if err := other.Put(t.Context(), boxclient.Slot{2}, message(2)); err == nil {
		t.Error("a message was put into a relay that is away")
	} else if _, passing := boxclient.Passing(err); !passing {
		t.Errorf("this does not pass: %v", err)
	}
	r.ComeBack()
	put(t, other, boxclient.Slot{2}, message(2))
	result := <-results
	wants(t, result.messages, result.err, boxclient.Slot{2})
}

// A relay that is replaced by another ends the wait in order, or not.
func TestRelayRestarts(t *testing.T) {
	for name, announced := range map[string]bool{"in order": true, "at once": false} {
		t.Run(name, func(t *testing.T) {
			r := relaytest.Start(t, relay.Config{Mailbox: relay.MailboxConfig{Store: mailbox.NewMemory()}})
			options, all := retries()
			c := newClient(t, r.URL, "", options)
			// A first message shows that the relay is known, and the next request waits.
			put(t, c, boxclient.Slot{1}, message(1))
			got, err := c.Watch(t.Context(), []boxclient.Slot{{1}})
			wants(t, got, err, boxclient.Slot{1})
			results := watch(t, c, boxclient.Slot{2})
			r.Restart(t, announced)
			r.Cut()
			next(t, all)
			put(t, newClient(t, r.URL, "", boxclient.Options{}), boxclient.Slot{2}, message(2))
			result := <-results
			wants(t, result.messages, result.err, boxclient.Slot{2})
		})
	}
}

// answers is an Observer that tells of each answer.
type answers chan int

func (answers) Watch(func() relay.Stats)   {}
func (answers) Started(relay.TransferKind) {}
func (answers) Ended(relay.Transfer)       {}
func (answers) Rejected(string)            {}
func (answers) Throttled(time.Duration)    {}
func (answers) Told(string, string)        {}
func (a answers) Request(route, _ string, status int, _ time.Duration) {
	if route == "/api/box/watch" {
		a <- status
	}
}

// A wait in which nothing comes is followed by the next one, without a pause.
func TestManyWaits(t *testing.T) {
	seen := make(answers, 1000)
	r := relaytest.Start(t, relay.Config{Observer: seen})
	options, all := retries()
	c := newClient(t, r.URL, "", options)
	c.SetTimes(time.Second, patience)
	results := watch(t, c, boxclient.Slot{1})
	for range 2 {
		select {
		case status := <-seen:
			if status != http.StatusOK {
				t.Errorf("an empty answer has the status %d", status)
			}
		case <-time.After(patience):
			t.Fatal("there is no answer")
		}
	}
	put(t, newClient(t, r.URL, "", boxclient.Options{}), boxclient.Slot{1}, message(1))
	result := <-results
	wants(t, result.messages, result.err, boxclient.Slot{1})
	if len(all) != 0 {
		n := <-all
		t.Errorf("there was a pause of %v: %v", n.wait, n.err)
	}
}

// fakeRelay serves what a relay may answer to the requests of a mailbox.
func fakeRelay(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(fake(answer))
	t.Cleanup(server.Close)
	return server
}

func fake(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/api/health" {
			_, _ = w.Write(wire.RelayHealth{Service: wire.RelayService, Status: "ok", Protocol: wire.RoomVersion}.Append(nil))
			return
		}
		_, _ = io.Copy(io.Discard, req.Body) // or nobody notices that the client has gone
		answer(w, req)
	}
}

// A relay that says at once that there is nothing, again and again, is not asked again
// and again.
func TestRelayThatDoesNotWait(t *testing.T) {
	var asked atomic.Int64
	server := fakeRelay(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(wire.BoxMessages{}.Append(nil))
	})
	options, all := retries()
	c := newClient(t, server.URL, "", options)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if _, err := c.Watch(ctx, []boxclient.Slot{{1}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	if n := asked.Load(); n < 2 || n > 7 {
		t.Errorf("it was asked %d times in 4 seconds", n)
	}
	if n := next(t, all); n.err != nil || n.wait < 400*time.Millisecond {
		t.Errorf("a pause of %v, for %v", n.wait, n.err)
	}
}

// refusing answers with a refusal.
func refusing(status int, word, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":"` + word + `","message":"No.\u001b[31m"}`))
	}
}

// A relay that asks for time gets it; and then the device asks again.
func TestRetryAfter(t *testing.T) {
	for _, refusal := range []struct {
		status int
		word   string
	}{
		{429, "box-rate"}, {429, "box-quota"}, {503, "box-busy"}, {503, "box-broken"}, {507, "box-full"}, {503, "closing"}, {503, "unavailable"}, {502, ""},
	} {
		t.Run(refusal.word, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := fakeRelay(t, func(w http.ResponseWriter, req *http.Request) {
				if asked.Add(1) == 1 {
					refusing(refusal.status, refusal.word, "2")(w, req)
					return
				}
				_, _ = w.Write(wire.BoxMessages{Messages: []wire.BoxMessage{{Slot: wire.BoxSlot{1}, Message: message(1)}}}.Append(nil))
			})
			options, all := retries()
			c := newClient(t, server.URL, "", options)
			begin := time.Now()
			got, err := c.Watch(t.Context(), []boxclient.Slot{{1}})
			wants(t, got, err, boxclient.Slot{1})
			n := next(t, all)
			if took := time.Since(begin); took < n.wait || n.err == nil || strings.ContainsRune(n.err.Error(), '\x1b') {
				t.Errorf("%v after %v: %q", n.wait, took, n.err)
			}
			if n.wait < 2*time.Second && refusal.word != "" {
				t.Errorf("it waited %v", n.wait)
			}
		})
	}
}

// What does not pass ends a watch at once.
func TestWhatDoesNotPass(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		is     func(error) bool
	}{
		"malformed": {refusing(400, "box-malformed", ""), func(err error) bool { return boxclient.Refused(err, boxclient.Malformed) }},
		"taken":     {refusing(409, "box-taken", ""), func(err error) bool { return boxclient.Refused(err, boxclient.Taken) }},
		"no box":    {refusing(404, "not-found", ""), func(err error) bool { var e *boxclient.NoBoxError; return errors.As(err, &e) }},
		"denied": {refusing(403, "denied", ""), func(err error) bool {
			var e *rendezvous.RelayError
			return errors.As(err, &e) && e.Code == wire.RoomDenied
		}},
		"a page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, isProtocolError},
		"another place": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "https://elsewhere.example/", http.StatusMovedPermanently)
		}, isProtocolError},
		"a word that nobody knows": {refusing(418, "box-teapot", ""), isProtocolError},
		"no JSON":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) }, isProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			options, all := retries()
			client := newClient(t, fakeRelay(t, c.answer).URL, "", options)
			_, watched := client.Watch(t.Context(), []boxclient.Slot{{1}})
			if !c.is(watched) {
				t.Errorf("watch: %v", watched)
			}
			if len(all) != 0 {
				t.Error("it was tried again")
			}
			if _, passing := boxclient.Passing(watched); passing {
				t.Error("it is said to pass")
			}
			if name == "a page" {
				return // which nothing but a status of success tells from what was asked for
			}
			if err := client.Put(t.Context(), boxclient.Slot{1}, message(1)); !c.is(err) {
				t.Errorf("put: %v", err)
			}
			if err := client.Delete(t.Context(), boxclient.Slot{1}); !c.is(err) {
				t.Errorf("delete: %v", err)
			}
		})
	}
}

func isProtocolError(err error) bool {
	var e *rendezvous.ProtocolError
	return errors.As(err, &e)
}

// A relay that takes a request and says nothing, or half of an answer, is one that cannot
// be reached.
func TestRelayFallsSilent(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"silence": func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() },
		"half an answer": func(w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte(`{"messages":[`))
			_ = http.NewResponseController(w).Flush()
			<-req.Context().Done()
		},
		"a broken answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"messages":[`))
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, all := retries()
			c := newClient(t, fakeRelay(t, answer).URL, "", options)
			c.SetTimes(time.Second, time.Second)
			results := watch(t, c, boxclient.Slot{1})
			var unreachable *rendezvous.UnreachableError
			for range 2 {
				if n := next(t, all); !errors.As(n.err, &unreachable) {
					t.Errorf("watch: %v", n.err)
				}
			}
			if err := c.Put(t.Context(), boxclient.Slot{1}, message(1)); name == "silence" && !errors.As(err, &unreachable) {
				t.Errorf("put: %v", err)
			}
			select {
			case r := <-results:
				t.Errorf("watch ended: %d messages, %v", len(r.messages), r.err)
			default:
			}
		})
	}
}

// With pins the relay has to have the key, whoever has issued its certificate.
func TestPins(t *testing.T) {
	handler, err := relay.New(relay.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handler.Close() })
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	right := rendezvous.Pin(sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo))
	client := func(pins ...rendezvous.Pin) *boxclient.Client {
		e, err := rendezvous.ParseRelay(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		c := boxclient.New(rendezvous.New(e, rendezvous.Options{Pins: pins}), boxclient.Options{})
		t.Cleanup(c.Close)
		return c
	}
	put(t, client(right), boxclient.Slot{1}, message(1))
	got, err := client(rendezvous.Pin{1}, right).Watch(t.Context(), []boxclient.Slot{{1}})
	wants(t, got, err, boxclient.Slot{1})
	var pin *rendezvous.PinError
	if _, err := client(rendezvous.Pin{1}).Watch(t.Context(), []boxclient.Slot{{1}}); !errors.As(err, &pin) {
		t.Errorf("with another pin: %v", err)
	}
	var security *rendezvous.TLSError
	if err := client().Put(t.Context(), boxclient.Slot{2}, message(2)); !errors.As(err, &security) {
		t.Errorf("without a pin: %v", err)
	}
}

// There is no relay at all, and the device goes on asking until it is told to stop.
func TestNoRelay(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "ws://" + listener.Addr().String()
	_ = listener.Close()
	options, all := retries()
	c := newClient(t, address, "", options)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	done := make(chan error, 1)
	go func() {
		_, err := c.Watch(ctx, []boxclient.Slot{{1}})
		done <- err
	}()
	next(t, all)
	cancel(cause)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("the error is %v", err)
	}
}

// What cannot be watched is said before anybody is asked.
func TestWrongSlots(t *testing.T) {
	c := newClient(t, "ws://127.0.0.1:1", "", boxclient.Options{})
	many := make([]boxclient.Slot, boxclient.MaxSlots+1)
	for i := range many {
		many[i] = boxclient.Slot{byte(i), byte(i >> 8)}
	}
	for _, slots := range [][]boxclient.Slot{nil, many, {{1}, {1}}} {
		if _, err := c.Watch(t.Context(), slots); err == nil {
			t.Errorf("%d slots were watched", len(slots))
		}
	}
	if err := c.Delete(t.Context()); err != nil {
		t.Errorf("to delete nothing: %v", err)
	}
}

// Many messages come in batches, and are deleted in batches.
func TestBatches(t *testing.T) {
	_, c := startRelay(t, relay.Config{Mailbox: relay.MailboxConfig{PutsPerMinute: -1}})
	var slots []boxclient.Slot
	for n := range byte(100) {
		slots = append(slots, boxclient.Slot{n})
		put(t, c, boxclient.Slot{n}, message(n))
	}
	got, err := c.Watch(t.Context(), slots)
	wants(t, got, err, slots[:64]...)
	if err := c.Delete(t.Context(), slots[:99]...); err != nil {
		t.Fatal(err)
	}
	got, err = c.Watch(t.Context(), slots)
	wants(t, got, err, slots[99])
}
