package link_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// timeout bounds everything that a test waits for.
const timeout = 30 * time.Second

const secret = "acid-acorn-acre"

func config(url string, lanes wire.Lanes) link.Config {
	return link.Config{Relay: url, Lanes: lanes, Version: "test", Logger: slog.New(slog.DiscardHandler)}
}

// told is an observer whose news a test waits for.
type told struct{ news chan string }

func newTold() told { return told{make(chan string, 100)} }

func (o told) PeerJoined()           { o.news <- "joined" }
func (o told) PeerLeft()             { o.news <- "left" }
func (o told) LaneUp(k wire.Lanes)   { o.news <- "up " + nameOf(k) }
func (o told) LaneDown(k wire.Lanes) { o.news <- "down " + nameOf(k) }
func (o told) Disconnected()         { o.news <- "disconnected" }
func (o told) Reconnecting(int)      { o.news <- "reconnecting" }
func (o told) Reconnected()          { o.news <- "reconnected" }

func nameOf(k wire.Lanes) string {
	switch k {
	case wire.LaneTCP:
		return "tcp"
	case wire.LaneWebRTC:
		return "webrtc"
	}
	return "relay"
}

// await waits for news, and passes over others.
func (o told) await(t *testing.T, want string) {
	t.Helper()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case got := <-o.news:
			if got == want {
				return
			}
		case <-timer.C:
			t.Fatalf("nobody was told %q", want)
		}
	}
}

// listen opens a room, which is closed at the end of the test.
func listen(t *testing.T, c link.Config) (*link.Listener, code.Code) {
	t.Helper()
	l, err := link.Listen(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, code.Code{Nameplate: l.Nameplate(), Words: []string{"acid", "acorn", "acre"}}
}

// accepted is what an Accept returned.
type accepted struct {
	peer *link.Peer
	err  error
}

func accept(ctx context.Context, l *link.Listener, o link.HandshakeObserver) <-chan accepted {
	c := make(chan accepted, 1)
	go func() {
		p, err := l.Accept(ctx, secret, o)
		c <- accepted{p, err}
	}()
	return c
}

// pair is two peers that found each other.
func pair(t *testing.T, c link.Config) (sender, receiver *link.Peer, k code.Code) {
	t.Helper()
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newTold())
	receiver, err := link.Dial(t.Context(), c, k, newTold())
	if err != nil {
		t.Fatal(err)
	}
	a := <-coming
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.peer, receiver, k
}

func connect(t *testing.T, p *link.Peer, o link.Options) *link.Link {
	t.Helper()
	l, err := p.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// say sends a message from one to the other.
func say(t *testing.T, from, to *link.Link, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	m := wire.Cancel{Text: text}.Append(nil)
	if err := from.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
	got, err := to.Receive(ctx)
	if err != nil || string(got) != string(m) {
		t.Fatalf("%q came, want %q: %v", got, m, err)
	}
}

// Two peers find each other by a code, have the same words to compare, and are
// connected by each kind of lane.
func TestConnect(t *testing.T) {
	url := relaytest.Start(t, relay.Config{}).URL
	for _, kind := range []wire.Lanes{wire.LaneRelay, wire.LaneTCP, wire.LaneWebRTC} {
		t.Run(nameOf(kind), func(t *testing.T) {
			s, r, _ := pair(t, config(url, kind))
			if s.VerifyBytes() != r.VerifyBytes() {
				t.Error("they have other words")
			}
			o := newTold()
			a, b := connect(t, s, link.Options{Observer: o}), connect(t, r, link.Options{Observer: newTold()})
			say(t, a, b, "hello")
			say(t, b, a, "hello to you")
			o.await(t, "up "+nameOf(kind))
			if _, err := a.NextLane(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Other words: both sides are told, and nobody can try the code again.
func TestWrongWords(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newTold())
	k.Words = []string{"acid", "acorn", "acorn"}
	if _, err := link.Dial(t.Context(), c, k, newTold()); !errors.Is(err, handshake.ErrWrongCode) {
		t.Errorf("the receiver: %v", err)
	}
	if a := <-coming; !errors.Is(a.err, handshake.ErrWrongCode) {
		t.Errorf("the sender: %v", a.err)
	}
	_, err := link.Dial(t.Context(), c, k, newTold())
	var refused *rendezvous.RelayError
	if !errors.As(err, &refused) || refused.Code != wire.RoomUsed {
		t.Errorf("a second try: %v", err)
	}
}

// A code that failed is not tried again by another run of the receiver: a hostile
// relay that plays the same room once more has no second guess.
func TestFailedCodeIsNotTriedAgain(t *testing.T) {
	k := code.Code{Nameplate: "4711", Words: []string{"acid", "acorn", "acre"}}
	file := filepath.Join(t.TempDir(), "failed-codes")
	for i, want := range []error{handshake.ErrWrongCode, link.ErrTriedBefore} {
		c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
		l, err := link.Listen(t.Context(), c, k.Nameplate)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithCancel(t.Context())
		coming := make(chan error, 1)
		go func() {
			_, err := l.Accept(ctx, "acre-acorn-acid", newTold())
			coming <- err
		}()
		c.FailedCodes = vault.FailedCodes{Path: file} // as another process would
		if _, err := link.Dial(t.Context(), c, k, newTold()); !errors.Is(err, want) {
			t.Errorf("try %d: %v, want %v", i+1, err, want)
		}
		if want == link.ErrTriedBefore {
			cancel() // the sender has seen no message, and waits
		}
		if err := <-coming; want == link.ErrTriedBefore && !errors.Is(err, context.Canceled) {
			t.Errorf("the sender: %v", err)
		}
		cancel()
	}
}

// joinRoom joins the room of a code as a receiver that speaks for itself.
func joinRoom(t *testing.T, url string, k code.Code) *rendezvous.Room {
	t.Helper()
	at, err := rendezvous.ParseRelay(url)
	if err != nil {
		t.Fatal(err)
	}
	room, err := rendezvous.New(at, rendezvous.Options{Version: "test"}).Join(t.Context(), k.Nameplate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = room.Close() })
	return room
}

// firstMessage has a receiver send its first message, and waits for the answer.
func firstMessage(t *testing.T, room *rendezvous.Room, k code.Code) {
	t.Helper()
	r, err := handshake.NewReceiver(handshake.Params{Words: k.Secret(), Nameplate: k.Nameplate, SenderNonce: room.Nonce()})
	if err != nil {
		t.Fatal(err)
	}
	m1, err := r.Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := room.Send(t.Context(), m1); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, rendezvous.ReadSize)
	for {
		event, _, err := room.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if event == rendezvous.Message {
			return
		}
	}
}

// A sender whose connection to the relay breaks after it has answered a receiver
// ends, at once, and answers nobody else: the code is used up.
func TestBurntCodeIsNotAnsweredAgain(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	l, k := listen(t, config(r.URL, wire.LaneRelay))
	coming := accept(t.Context(), l, newTold())
	cutSender := r.CutterOfPresent()
	firstMessage(t, joinRoom(t, r.URL, k), k)
	cutSender()
	a := <-coming // long before handshakeTimeout: nothing else would end it
	var used *link.HandshakeError
	if !errors.As(a.err, &used) || used.Failure != link.FailureRelayLost || used.Role != link.Sender {
		t.Errorf("the sender: %v", a.err)
	}
}

// A receiver that comes, tries the code and leaves uses it up; one that leaves
// before that does not.
func TestPeerLeaves(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	l, k := listen(t, config(r.URL, wire.LaneRelay))
	o := newTold()
	coming := accept(t.Context(), l, o)
	room := joinRoom(t, r.URL, k)
	o.await(t, "joined")
	_ = room.Close()
	o.await(t, "left")
	room = joinRoom(t, r.URL, k)
	firstMessage(t, room, k)
	_ = room.Close()
	a := <-coming
	var used *link.HandshakeError
	if !errors.As(a.err, &used) || used.Failure != link.FailurePeerLeft {
		t.Errorf("the sender: %v", a.err)
	}
}

// The sender's connection breaks before anybody has come: it joins its room
// again, and the code is as good as before.
func TestListenerRejoins(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneRelay)
	l, k := listen(t, c)
	o := newTold()
	coming := accept(t.Context(), l, o)
	r.Cut()
	o.await(t, "left")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); r.Connections() == 0 && time.Now().Before(deadline); { // until it is back
		<-tick.C
	}
	p, err := link.Dial(t.Context(), c, k, newTold())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if a := <-coming; a.err != nil {
		t.Errorf("the sender: %v", a.err)
	}
}

// All connections break, again and again: messages arrive all the same, under
// new keys, and both sides are told only of what lasts.
func TestReconnect(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	s, p, _ := pair(t, config(r.URL, wire.LaneRelay))
	o := newTold()
	a, b := connect(t, s, link.Options{Observer: o}), connect(t, p, link.Options{Observer: newTold()})
	say(t, a, b, "before")
	for range 2 {
		r.Cut()
		say(t, a, b, "after a cut")
		say(t, b, a, "and back")
	}
	r.GoAway()
	o.await(t, "disconnected")
	o.await(t, "reconnecting")
	r.ComeBack()
	o.await(t, "reconnected")
	say(t, a, b, "after a while")
}

// A receiver that comes back as another process meets its sender again, which
// connects to it anew.
func TestRestart(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneRelay)
	s, p, k := pair(t, c)
	a, b := connect(t, s, link.Options{Observer: newTold()}), connect(t, p, link.Options{Observer: newTold()})
	sealed, err := b.Seal(k)
	if err != nil {
		t.Fatal(err)
	}
	say(t, a, b, "before")
	_ = b.Close() // nothing but the sealed state is left

	other := k
	other.Words = []string{"acre", "acorn", "acid"}
	if _, err := link.Redial(t.Context(), c, other, [][]byte{sealed}); !errors.Is(err, link.ErrNothingToResume) {
		t.Errorf("with another code: %v", err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := a.AwaitRestart(t.Context()); err != nil {
			t.Errorf("the sender: %v", err)
		}
	})
	p, err = link.Redial(t.Context(), c, k, [][]byte{{1, 2, 3}, sealed})
	if err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	s = a.Restarted()
	if s == nil {
		t.Fatal("the sender has not met the new process")
	}
	if a.Restarted() != nil {
		t.Error("the new process was given twice")
	}
	_ = a.Close()
	a, b = connect(t, s, link.Options{Observer: newTold()}), connect(t, p, link.Options{Observer: newTold()})
	say(t, a, b, "once more")
	r.Cut()
	say(t, b, a, "after a cut")
}

// A receiver that said it would come back and does not.
func TestRestartNeverComes(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	s, p, _ := pair(t, config(r.URL, wire.LaneRelay))
	a, b := connect(t, s, link.Options{Observer: newTold(), ReconnectTimeout: time.Millisecond}), connect(t, p, link.Options{Observer: newTold()})
	_ = b.Close()
	if err := a.AwaitRestart(t.Context()); !errors.Is(err, link.ErrPeerGone) {
		t.Errorf("got %v", err)
	}
	if a.Restarted() != nil {
		t.Error("somebody came")
	}
}

// Where the two sides allow no lane in common, the user is told so.
func TestNoPath(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneWebRTC)
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newTold())
	p, err := link.Dial(t.Context(), config(r.URL, wire.LaneTCP), k, newTold())
	if err != nil {
		t.Fatal(err)
	}
	connect(t, p, link.Options{Observer: newTold()})
	o := newTold()
	connect(t, (<-coming).peer, link.Options{Observer: o, NoPath: func() { o.news <- "no path" }})
	o.await(t, "no path")
}
