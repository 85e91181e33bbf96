package link_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func dial(ctx context.Context, c link.Config, k code.Code, o link.MeetingObserver) <-chan accepted {
	coming := make(chan accepted, 1)
	go func() {
		p, err := link.Dial(ctx, c, k, o)
		coming <- accepted{p, err}
	}()
	return coming
}

// meet lets the peers of a Dial and an Accept exchange a message.
func meet(t *testing.T, receiving, sending <-chan accepted) {
	t.Helper()
	var r, s accepted
	for r.peer == nil || s.peer == nil { // until the first error: the other one may wait for ever
		select {
		case r = <-receiving:
			if r.err != nil {
				t.Fatal(r.err)
			}
		case s = <-sending:
			if s.err != nil {
				t.Fatal(s.err)
			}
		}
	}
	say(t, connect(t, s.peer, link.Options{Observer: newRecorder()}), connect(t, r.peer, link.Options{Observer: newRecorder()}), "at last")
}

// A receiver may come before the sender: it hears so, and waits.
func TestReceiverComesFirst(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	k := words()
	k.Nameplate = "42"
	o := newRecorder()
	receiving := dial(t.Context(), c, k, o)
	o.await(t, "nobody")
	l, err := link.Listen(t.Context(), c, k)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sending := accept(t.Context(), l, newRecorder())
	meet(t, receiving, sending)
}

// A waiting receiver continues after a restart of the relay and in spite of the
// relay's limits.
func TestReceiverWaitsForARelay(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{RoomsPerMinute: 60, JoinsPerMinute: 60})
	c := config(relays.URL, wire.LaneRelay)
	k := words()
	k.Nameplate = "42"
	o := newRecorder()
	receiving := dial(t.Context(), c, k, o)
	o.await(t, "nobody")
	for range 30 { // others behind the same address use up what it may try
		if room, err := rendezvousClient(t, relays.URL).Join(t.Context(), "7"); err == nil {
			_ = room.Close()
		}
	}
	relays.GoAway()
	relays.Restart(t, true)
	relays.ComeBack()
	l, err := link.Listen(t.Context(), c, k)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sending := accept(t.Context(), l, newRecorder())
	meet(t, receiving, sending)
}

// A receiver is in the room when the relay moves it, and no message was sent: it joins
// again.
func TestReceiverIsMoved(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{})
	c := config(relays.URL, wire.LaneRelay)
	k := words()
	k.Nameplate = "42"
	room, err := rendezvousClient(t, relays.URL).Open(t.Context(), rendezvous.OpenRequest{Nameplate: k.Nameplate})
	if err != nil {
		t.Fatal(err)
	}
	if err := room.Close(); err != nil { // its sender is away
		t.Fatal(err)
	}
	o := newRecorder()
	receiving := dial(t.Context(), c, k, o)
	stay := time.NewTicker(time.Millisecond)
	defer stay.Stop()
	for before := relays.Connections(); relays.Connections() == before; {
		<-stay.C
	}
	relays.Restart(t, true)
	o.await(t, "nobody") // at the new relay
	l, err := link.Listen(t.Context(), c, k)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	meet(t, receiving, accept(t.Context(), l, newRecorder()))
}

// A relay that is restarted while a receiver joins hangs up: the receiver joins again.
func TestReceiverJoinsAgain(t *testing.T) {
	relays := relaytest.Start(t, relay.Config{})
	to, err := url.Parse(strings.Replace(relays.URL, "ws", "http", 1))
	if err != nil {
		t.Fatal(err)
	}
	var joins atomic.Int32
	var upgrader websocket.Upgrader
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) && joins.Add(1) == 1 {
			conn, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l, k := listen(t, config(relays.URL, wire.LaneRelay))
	receiving := dial(t.Context(), config(strings.Replace(server.URL, "http", "ws", 1), wire.LaneRelay), k, newRecorder())
	meet(t, receiving, accept(t.Context(), l, newRecorder()))
	if joins.Load() < 2 {
		t.Error("the relay did not hang up")
	}
}

// If no sender comes, the error at the deadline is the relay's answer, and after a
// cancellation the cause.
func TestNobodyComes(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	k := words()
	k.Nameplate = "42"
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := link.Dial(ctx, c, k, newRecorder())
	var refused *rendezvous.RelayError
	if !errors.As(err, &refused) || refused.Code != wire.RoomUnknown {
		t.Errorf("at the deadline: %v", err)
	}
	cause := errors.New("enough")
	cancelled, stop := context.WithCancelCause(t.Context())
	o := newRecorder()
	receiving := dial(cancelled, c, k, o)
	o.await(t, "nobody")
	stop(cause)
	if r := <-receiving; !errors.Is(r.err, cause) {
		t.Errorf("cancelled: %v", r.err)
	}
}

// A used code ends the wait at once.
func TestWaitEndsWithAUsedCode(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	k := words()
	k.Nameplate = "42"
	o := newRecorder()
	late := dial(t.Context(), c, k, o)
	o.await(t, "nobody")
	room, err := rendezvousClient(t, c.Relay).Open(t.Context(), rendezvous.OpenRequest{Nameplate: k.Nameplate})
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	if err := room.Burn(t.Context()); err != nil {
		t.Fatal(err)
	}
	var refused *rendezvous.RelayError
	if r := <-late; !errors.As(r.err, &refused) || refused.Code != wire.RoomUsed {
		t.Errorf("the late one: %v", r.err)
	}
}

// A code with too few or too many words is rejected before it is tried, and the
// right one still works.
func TestNumberOfWordsIsCheckedFirst(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newRecorder())
	for _, words := range [][]string{{"acid", "acorn"}, {"acid", "acorn", "acre", "acts"}} {
		_, err := link.Dial(t.Context(), c, code.Code{Nameplate: k.Nameplate, Words: words}, newRecorder())
		var count *link.WordCountError
		if !errors.As(err, &count) || count.Want != 3 || count.Have != len(words) {
			t.Errorf("%d words: %v", len(words), err)
		}
	}
	meet(t, dial(t.Context(), c, k, newRecorder()), coming)
}

func rendezvousClient(t *testing.T, url string) *rendezvous.Client {
	t.Helper()
	at, err := rendezvous.ParseRelay(url)
	if err != nil {
		t.Fatal(err)
	}
	return rendezvous.New(at, rendezvous.Options{})
}
