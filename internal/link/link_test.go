package link_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
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

// words is the code that senders have who are given no other.
func words() code.Code { return code.Code{Words: []string{"acid", "acorn", "acre"}} }

func config(url string, lanes wire.Lanes) link.Config {
	return link.Config{Relay: url, Lanes: lanes, Version: "test", Logger: slog.New(slog.DiscardHandler)}
}

// recorder is an observer whose events a test waits for.
type recorder struct{ events chan string }

func newRecorder() recorder { return recorder{make(chan string, 100)} }

func (o recorder) PeerJoined() { o.events <- "joined" }
func (o recorder) PeerLeft()   { o.events <- "left" }
func (o recorder) Waiting(w link.Waiting) {
	o.events <- []string{"", "looking", "nobody", "unreachable", "relay lost", "relay back"}[w.Reason]
}
func (o recorder) NameplateChanged(s string) { o.events <- "nameplate " + s }
func (o recorder) LaneUp(k wire.Lanes, _ link.LaneReason, _ netip.Addr) {
	o.events <- "up " + nameOf(k)
}
func (o recorder) LaneDown(k wire.Lanes) { o.events <- "down " + nameOf(k) }
func (o recorder) Disconnected()         { o.events <- "disconnected" }
func (o recorder) Reconnecting(int)      { o.events <- "reconnecting" }
func (o recorder) Reconnected()          { o.events <- "reconnected" }

func nameOf(k wire.Lanes) string {
	switch k {
	case wire.LaneTCP:
		return "tcp"
	case wire.LaneWebRTC:
		return "webrtc"
	}
	return "relay"
}

// await waits for an event and skips others.
func (o recorder) await(t *testing.T, want string) {
	t.Helper()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case got := <-o.events:
			if got == want {
				return
			}
		case <-timer.C:
			t.Fatalf("no event %q", want)
		}
	}
}

// listen opens a room, which is closed at the end of the test.
func listen(t *testing.T, c link.Config) (*link.Listener, code.Code) {
	t.Helper()
	l, err := link.Listen(t.Context(), c, words())
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

func accept(ctx context.Context, l *link.Listener, o link.MeetingObserver) <-chan accepted {
	c := make(chan accepted, 1)
	go func() {
		p, err := l.Accept(ctx, o)
		c <- accepted{p, err}
	}()
	return c
}

// pair connects two peers by a code.
func pair(t *testing.T, c link.Config) (sender, receiver *link.Peer, k code.Code) {
	t.Helper()
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newRecorder())
	receiver, err := link.Dial(t.Context(), c, k, newRecorder())
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

// say sends a message over a link and checks that it arrives.
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

// Two peers meet by a code, have the same verification words, and connect by each
// kind of lane.
func TestConnect(t *testing.T) {
	url := relaytest.Start(t, relay.Config{}).URL
	for _, kind := range []wire.Lanes{wire.LaneRelay, wire.LaneTCP, wire.LaneWebRTC} {
		t.Run(nameOf(kind), func(t *testing.T) {
			s, r, _ := pair(t, config(url, kind))
			if s.VerifyBytes() != r.VerifyBytes() {
				t.Error("the verification words differ")
			}
			o := newRecorder()
			a, b := connect(t, s, link.Options{Observer: o}), connect(t, r, link.Options{Observer: newRecorder()})
			say(t, a, b, "hello")
			say(t, b, a, "hello to you")
			o.await(t, "up "+nameOf(kind))
			if _, err := a.NextLane(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// With wrong words both peers get ErrWrongCode, and the code cannot be tried
// again.
func TestWrongWords(t *testing.T) {
	c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newRecorder())
	k.Words = []string{"acid", "acorn", "acorn"}
	if _, err := link.Dial(t.Context(), c, k, newRecorder()); !errors.Is(err, handshake.ErrWrongCode) {
		t.Errorf("the receiver: %v", err)
	}
	if a := <-coming; !errors.Is(a.err, handshake.ErrWrongCode) {
		t.Errorf("the sender: %v", a.err)
	}
	_, err := link.Dial(t.Context(), c, k, newRecorder())
	var refused *rendezvous.RelayError
	if !errors.As(err, &refused) || refused.Code != wire.RoomUsed {
		t.Errorf("a second try: %v", err)
	}
}

// A later run of the receiver does not try a failed code again: a hostile relay
// that imitates the same room gets no second guess.
func TestFailedCodeIsNotTriedAgain(t *testing.T) {
	k := code.Code{Nameplate: "4711", Words: []string{"acid", "acorn", "acre"}}
	file := filepath.Join(t.TempDir(), "failed-codes")
	for i, want := range []error{handshake.ErrWrongCode, link.ErrTriedBefore} {
		c := config(relaytest.Start(t, relay.Config{}).URL, wire.LaneRelay)
		l, err := link.Listen(t.Context(), c, code.Code{Nameplate: k.Nameplate, Words: []string{"acre", "acorn", "acid"}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithCancel(t.Context())
		coming := make(chan error, 1)
		go func() {
			_, err := l.Accept(ctx, newRecorder())
			coming <- err
		}()
		c.FailedCodes = vault.FailedCodes{Path: file} // shared by both runs
		if _, err := link.Dial(t.Context(), c, k, newRecorder()); !errors.Is(err, want) {
			t.Errorf("try %d: %v, want %v", i+1, err, want)
		}
		if want == link.ErrTriedBefore {
			cancel() // the sender got no message and still waits
		}
		if err := <-coming; want == link.ErrTriedBefore && !errors.Is(err, context.Canceled) {
			t.Errorf("the sender: %v", err)
		}
		cancel()
	}
}

// joinRoom joins the room of a code without package link.
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

// firstMessage sends the receiver's first message and waits for the answer.
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

// If the sender's connection to the relay breaks after it has answered a
// receiver, it ends at once and answers no other receiver: the code is burnt.
func TestBurntCodeIsNotAnsweredAgain(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	l, k := listen(t, config(r.URL, wire.LaneRelay))
	coming := accept(t.Context(), l, newRecorder())
	cutSender := r.CutterOfCurrent()
	firstMessage(t, joinRoom(t, r.URL, k), k)
	cutSender()
	a := <-coming // long before handshakeTimeout
	var used *link.HandshakeError
	if !errors.As(a.err, &used) || used.Failure != link.FailureRelayLost || used.Role != link.Sender {
		t.Errorf("the sender: %v", a.err)
	}
}

// A receiver that tries the code and leaves burns it. One that leaves before
// trying does not.
func TestPeerLeaves(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	l, k := listen(t, config(r.URL, wire.LaneRelay))
	o := newRecorder()
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

// If the sender's connection breaks before a receiver joins, the sender joins its
// room again, and the code stays valid.
func TestListenerRejoins(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneRelay)
	l, k := listen(t, c)
	o := newRecorder()
	coming := accept(t.Context(), l, o)
	r.Cut()
	o.await(t, "left")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); r.Connections() == 0 && time.Now().Before(deadline); { // until it is back
		<-tick.C
	}
	p, err := link.Dial(t.Context(), c, k, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if a := <-coming; a.err != nil {
		t.Errorf("the sender: %v", a.err)
	}
}

// Messages arrive, under new keys, although all connections break repeatedly. The
// observer hears only about losses that last.
func TestReconnect(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	s, p, _ := pair(t, config(r.URL, wire.LaneRelay))
	o := newRecorder()
	a, b := connect(t, s, link.Options{Observer: o}), connect(t, p, link.Options{Observer: newRecorder()})
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
	say(t, a, b, "after the relay was away")
}

// A receiver that comes back as another process finds its sender again, and both
// connect once more.
func TestRestart(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneRelay)
	s, p, k := pair(t, c)
	a, b := connect(t, s, link.Options{Observer: newRecorder()}), connect(t, p, link.Options{Observer: newRecorder()})
	sealed, err := b.Seal(k)
	if err != nil {
		t.Fatal(err)
	}
	say(t, a, b, "before")
	_ = b.Close() // only the sealed state is left

	other := k
	other.Words = []string{"acre", "acorn", "acid"}
	if _, _, err := link.Redial(t.Context(), c, other, [][]byte{sealed}); !errors.Is(err, link.ErrNothingToResume) {
		t.Errorf("with another code: %v", err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := a.AwaitRestart(t.Context()); err != nil {
			t.Errorf("the sender: %v", err)
		}
	})
	p, used, err := link.Redial(t.Context(), c, k, [][]byte{{1, 2, 3}, sealed})
	if err != nil {
		t.Fatal(err)
	}
	if used != 1 {
		t.Errorf("state %d was used", used)
	}
	waiting.Wait()
	s = a.Restarted()
	if s == nil {
		t.Fatal("the sender has no new process")
	}
	if a.Restarted() != nil {
		t.Error("the new process was returned twice")
	}
	_ = a.Close()
	a, b = connect(t, s, link.Options{Observer: newRecorder()}), connect(t, p, link.Options{Observer: newRecorder()})
	say(t, a, b, "once more")
	r.Cut()
	say(t, b, a, "after a cut")
}

// A receiver announces a restart and does not come back.
func TestRestartNeverComes(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	s, p, _ := pair(t, config(r.URL, wire.LaneRelay))
	a, b := connect(t, s, link.Options{Observer: newRecorder(), ReconnectTimeout: time.Millisecond}), connect(t, p, link.Options{Observer: newRecorder()})
	_ = b.Close()
	if err := a.AwaitRestart(t.Context()); !errors.Is(err, link.ErrPeerGone) {
		t.Errorf("got %v", err)
	}
	if a.Restarted() != nil {
		t.Error("there is a new process")
	}
}

// NoPath is called when the peers allow no lane in common.
func TestNoPath(t *testing.T) {
	r := relaytest.Start(t, relay.Config{})
	c := config(r.URL, wire.LaneWebRTC)
	l, k := listen(t, c)
	coming := accept(t.Context(), l, newRecorder())
	p, err := link.Dial(t.Context(), config(r.URL, wire.LaneTCP), k, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	connect(t, p, link.Options{Observer: newRecorder()})
	o := newRecorder()
	connect(t, (<-coming).peer, link.Options{Observer: o, NoPath: func() { o.events <- "no path" }})
	o.await(t, "no path")
}
