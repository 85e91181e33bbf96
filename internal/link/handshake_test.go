package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// roomEvent is the result of a Read of a fake room.
type roomEvent struct {
	event   rendezvous.Event
	payload []byte
	err     error
}

// fakeRoom is a room whose events come from a test. It records the calls of its
// methods.
type fakeRoom struct {
	events chan roomEvent
	closed chan struct{}
	out    chan []byte // messages that were sent
	err    error       // of Send and Burn

	mu       sync.Mutex
	recorded []string // burn, withdraw, close, in order
}

func newFakeRoom() *fakeRoom {
	return &fakeRoom{events: make(chan roomEvent, 8), closed: make(chan struct{}), out: make(chan []byte, 8)}
}

func (r *fakeRoom) Read([]byte) (rendezvous.Event, []byte, error) {
	select {
	case e := <-r.events:
		return e.event, e.payload, e.err
	case <-r.closed:
		return 0, nil, net.ErrClosed
	}
}

func (r *fakeRoom) Send(_ context.Context, payload []byte) error {
	if r.err != nil {
		return r.err
	}
	r.out <- slices.Clone(payload)
	return nil
}

func (r *fakeRoom) Burn(context.Context) error {
	r.record("burn")
	return r.err
}

func (r *fakeRoom) Withdraw(context.Context) error {
	r.record("withdraw")
	return nil
}

func (r *fakeRoom) Close() error {
	if r.record("close") == 1 {
		close(r.closed)
	}
	return nil
}

// record records a call, and returns how often it was made.
func (r *fakeRoom) record(call string) (times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recorded = append(r.recorded, call)
	for _, c := range r.recorded {
		if c == call {
			times++
		}
	}
	return times
}

// calls returns the calls so far.
func (r *fakeRoom) calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.recorded)
}

// counts is a HandshakeObserver that counts.
type counts struct{ joined, left int }

func (c *counts) PeerJoined() { c.joined++ }
func (c *counts) PeerLeft()   { c.left++ }

// exchangePair is the two exchanges of one handshake: the sender's, which
// answers, and the receiver's, which sends the first message.
type exchangePair struct {
	name     string
	sender   handshake.Exchange
	receiver handshake.Exchange
	timeout  time.Duration
	usesCode bool
}

func codeHandshake(t *testing.T) exchangePair {
	t.Helper()
	p := handshake.Params{Words: "acid-acorn-acre", Nameplate: "7", SenderNonce: [16]byte{1}}
	sender, err := handshake.NewSender(p)
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := handshake.NewReceiver(p)
	if err != nil {
		t.Fatal(err)
	}
	return exchangePair{"code", sender, receiver, handshakeTimeout, true}
}

func resumption(t *testing.T) exchangePair {
	t.Helper()
	p := handshake.ResumeParams{Secret: [32]byte{1}, Room: [16]byte{2}}
	acceptor, err := handshake.NewResumeAcceptor(p)
	if err != nil {
		t.Fatal(err)
	}
	resumer, err := handshake.NewResumer(p, [16]byte{3})
	if err != nil {
		t.Fatal(err)
	}
	return exchangePair{"resume", acceptor, resumer, resumeTimeout, false}
}

// runningDriver is a driver that runs in a goroutine.
type runningDriver struct {
	room   *fakeRoom
	counts counts
	result *handshake.Result
	err    error
	done   chan struct{}
	cancel context.CancelCauseFunc
}

func drive(t *testing.T, x handshake.Exchange, r Role, timeout time.Duration) *runningDriver {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &runningDriver{room: newFakeRoom(), done: make(chan struct{}), cancel: cancel}
	run := driver{room: d.room, exchange: x, observer: &d.counts, role: r, timeout: timeout, abandon: withdraw}
	go func() {
		defer close(d.done)
		d.result, d.err = run.drive(ctx)
	}()
	synctest.Wait()
	return d
}

// feed has the driver read an event, and waits until it blocks again.
func (d *runningDriver) feed(e roomEvent) {
	d.room.events <- e
	synctest.Wait()
}

func (d *runningDriver) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// relayMessages carries up to limit messages between two drivers.
func relayMessages(a, b *runningDriver, limit int) {
	for range limit {
		select {
		case m := <-a.room.out:
			b.feed(roomEvent{event: rendezvous.Message, payload: m})
		case m := <-b.room.out:
			a.feed(roomEvent{event: rendezvous.Message, payload: m})
		default:
			return
		}
	}
}

// With the driver, both handshakes bring the peers to the same secrets.
func TestDriver(t *testing.T) {
	for _, newPair := range []func(*testing.T) exchangePair{codeHandshake, resumption} {
		pair := newPair(t)
		t.Run(pair.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := drive(t, pair.sender, Sender, pair.timeout)
				r := drive(t, pair.receiver, Receiver, pair.timeout)
				s.feed(roomEvent{event: rendezvous.Joined})
				r.feed(roomEvent{event: rendezvous.Joined})
				relayMessages(s, r, 10)
				<-s.done
				<-r.done
				if s.err != nil || r.err != nil {
					t.Fatalf("the sender: %v; the receiver: %v", s.err, r.err)
				}
				if s.result.Secrets.VerifyBytes() != r.result.Secrets.VerifyBytes() || s.result.Incarnation != r.result.Incarnation || s.result.Generation != r.result.Generation {
					t.Error("the results differ")
				}
				if want := map[bool][]string{true: {"burn"}}[pair.usesCode]; !slices.Equal(s.room.calls(), want) {
					t.Errorf("the sender called %v, want %v", s.room.calls(), want)
				}
				if s.counts != (counts{joined: 1}) || r.counts != (counts{joined: 1}) {
					t.Errorf("observed %v and %v", s.counts, r.counts)
				}
			})
		})
	}
}

// An interrupted handshake burns a code at once. A resumption waits for the peer
// to come back.
func TestDriverInterrupted(t *testing.T) {
	lost := &rendezvous.LostError{Relay: "relay.example", Err: errors.New("cut")}
	interruptions := []struct {
		name      string
		interrupt func(d *runningDriver, timeout time.Duration)
		want      HandshakeFailure
		waits     bool // the driver of a resumption keeps waiting
	}{
		{"peer leaves", func(d *runningDriver, _ time.Duration) { d.feed(roomEvent{event: rendezvous.Left}) }, FailurePeerLeft, true},
		{"another peer joins", func(d *runningDriver, _ time.Duration) { d.feed(roomEvent{event: rendezvous.Joined}) }, FailurePeerLeft, true},
		{"relay lost", func(d *runningDriver, _ time.Duration) { d.feed(roomEvent{err: lost}) }, FailureRelayLost, false},
		{"timeout", func(_ *runningDriver, timeout time.Duration) {
			time.Sleep(timeout) // by the fake clock
			synctest.Wait()
		}, FailureTimeout, false},
		{"malformed message", func(d *runningDriver, _ time.Duration) {
			d.feed(roomEvent{event: rendezvous.Message, payload: []byte{0xff}})
		}, FailureMalformed, false},
	}
	for _, newPair := range []func(*testing.T) exchangePair{codeHandshake, resumption} {
		for _, tt := range interruptions {
			for _, role := range []string{"sender", "receiver"} {
				pair := newPair(t)
				t.Run(fmt.Sprintf("%s/%s/%s", pair.name, role, tt.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := drive(t, pair.sender, Sender, pair.timeout)
						r := drive(t, pair.receiver, Receiver, pair.timeout)
						defer func() {
							s.cancel(nil)
							r.cancel(nil)
							<-s.done
							<-r.done
						}()
						s.feed(roomEvent{event: rendezvous.Joined})
						r.feed(roomEvent{event: rendezvous.Joined})
						relayMessages(s, r, 1) // after the first message, both have begun a run
						d := s
						if role == "receiver" {
							d = r
						}
						tt.interrupt(d, pair.timeout)
						if !pair.usesCode && tt.waits {
							if d.ended() {
								t.Fatalf("it ended: %v", d.err)
							}
							return
						}
						<-d.done
						var interrupted *HandshakeError
						switch is := errors.As(d.err, &interrupted); {
						case d.err == nil || is != pair.usesCode:
							t.Fatalf("got %v", d.err)
						case is && interrupted.Failure != tt.want:
							t.Errorf("got %v, want %v", interrupted.Failure, tt.want)
						}
					})
				})
			}
		}
	}
}

// A peer whose message is refused is told why, in both handshakes.
func TestDriverAborts(t *testing.T) {
	for _, newPair := range []func(*testing.T) exchangePair{codeHandshake, resumption} {
		pair := newPair(t)
		t.Run(pair.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := drive(t, pair.sender, Sender, pair.timeout)
				r := drive(t, pair.receiver, Receiver, pair.timeout)
				s.feed(roomEvent{event: rendezvous.Joined})
				r.feed(roomEvent{event: rendezvous.Joined})
				relayMessages(s, r, 1)
				answer := <-s.room.out
				answer[len(answer)-1] ^= 1
				r.feed(roomEvent{event: rendezvous.Message, payload: answer})
				relayMessages(r, s, 10)
				<-r.done
				<-s.done
				var abort *handshake.AbortError
				if r.err == nil || !errors.As(s.err, &abort) && !errors.Is(s.err, handshake.ErrWrongCode) {
					t.Errorf("the receiver: %v; the sender: %v", r.err, s.err)
				}
			})
		})
	}
}

// Until the code is tried, peers may join and leave, and a sender that gives up
// withdraws the room.
func TestDriverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := drive(t, codeHandshake(t).sender, Sender, handshakeTimeout)
		for range 2 {
			s.feed(roomEvent{event: rendezvous.Joined})
			s.feed(roomEvent{event: rendezvous.Left})
		}
		time.Sleep(10 * handshakeTimeout) // by the fake clock
		if s.ended() || s.counts != (counts{2, 2}) {
			t.Fatalf("ended: %v, observed %v", s.err, s.counts)
		}
		stop := errors.New("stop")
		s.cancel(stop)
		<-s.done
		if !errors.Is(s.err, stop) || !slices.Equal(s.room.calls(), []string{"withdraw", "close"}) {
			t.Errorf("got %v, called %v", s.err, s.room.calls())
		}
	})
}

// The code also counts as burnt if the Burn fails: the relay may have received
// it.
func TestDriverCannotBurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := codeHandshake(t)
		s := drive(t, pair.sender, Sender, handshakeTimeout)
		s.room.err = &rendezvous.LostError{Relay: "relay.example", Err: errors.New("cut")}
		m1, err := pair.receiver.Start()
		if err != nil {
			t.Fatal(err)
		}
		s.feed(roomEvent{event: rendezvous.Message, payload: m1})
		<-s.done
		var interrupted *HandshakeError
		if !errors.As(s.err, &interrupted) || interrupted.Failure != FailureRelayLost {
			t.Errorf("got %v", s.err)
		}
		if len(s.room.out) > 0 {
			t.Error("it answered")
		}
	})
}
