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

// happened is what a Read of a fake room returns.
type happened struct {
	event   rendezvous.Event
	payload []byte
	err     error
}

// fakeRoom is a room whose events a test makes. It keeps what is done in it.
type fakeRoom struct {
	events chan happened
	closed chan struct{}
	out    chan []byte // what was sent
	refuse error       // of Send and Burn

	mu  sync.Mutex
	did []string // burn, withdraw, close, in order
}

func newFakeRoom() *fakeRoom {
	return &fakeRoom{events: make(chan happened, 8), closed: make(chan struct{}), out: make(chan []byte, 8)}
}

func (r *fakeRoom) Read([]byte) (rendezvous.Event, []byte, error) {
	select {
	case h := <-r.events:
		return h.event, h.payload, h.err
	case <-r.closed:
		return 0, nil, net.ErrClosed
	}
}

func (r *fakeRoom) Send(_ context.Context, payload []byte) error {
	if r.refuse != nil {
		return r.refuse
	}
	r.out <- slices.Clone(payload)
	return nil
}

func (r *fakeRoom) Burn(context.Context) error {
	r.note("burn")
	return r.refuse
}

func (r *fakeRoom) Withdraw(context.Context) error {
	r.note("withdraw")
	return nil
}

func (r *fakeRoom) Close() error {
	if r.note("close") == 1 {
		close(r.closed)
	}
	return nil
}

// note notes what is done, and says how often it was.
func (r *fakeRoom) note(what string) (times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.did = append(r.did, what)
	for _, d := range r.did {
		if d == what {
			times++
		}
	}
	return times
}

// done is what was done so far.
func (r *fakeRoom) done() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.did)
}

// seen counts what a HandshakeObserver is told.
type seen struct{ joined, left int }

func (s *seen) PeerJoined() { s.joined++ }
func (s *seen) PeerLeft()   { s.left++ }

// bothSides are the two exchanges of a handshake that belong together: the one
// that answers, and the one that speaks first.
type bothSides struct {
	name             string
	answers, asks    handshake.Exchange
	answerer, asker  Role
	timeout          time.Duration
	usesCode         bool
	answererMessages int // that the answering side takes
}

func codeHandshake(t *testing.T) bothSides {
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
	return bothSides{"code", sender, receiver, Sender, Receiver, handshakeTimeout, true, 2}
}

func resumption(t *testing.T) bothSides {
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
	return bothSides{"resume", acceptor, resumer, Sender, Receiver, resumeTimeout, false, 2}
}

// driven is a driver that runs.
type driven struct {
	room   *fakeRoom
	seen   seen
	result *handshake.Result
	err    error
	done   chan struct{}
	cancel context.CancelCauseFunc
}

func drive(t *testing.T, x handshake.Exchange, r Role, timeout time.Duration) *driven {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &driven{room: newFakeRoom(), done: make(chan struct{}), cancel: cancel}
	run := driver{room: d.room, exchange: x, observer: &d.seen, role: r, timeout: timeout, abandon: withdraw}
	go func() {
		defer close(d.done)
		d.result, d.err = run.drive(ctx)
	}()
	synctest.Wait()
	return d
}

func (d *driven) happens(h happened) {
	d.room.events <- h
	synctest.Wait()
}

func (d *driven) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// relayMessages carries messages between two drivers until nobody has any, but
// not more than most.
func relayMessages(a, b *driven, most int) {
	for range most {
		select {
		case m := <-a.room.out:
			b.happens(happened{event: rendezvous.Message, payload: m})
		case m := <-b.room.out:
			a.happens(happened{event: rendezvous.Message, payload: m})
		default:
			return
		}
	}
}

// Every handshake brings both sides to the same secrets, by the one driver.
func TestDriver(t *testing.T) {
	for _, make := range []func(*testing.T) bothSides{codeHandshake, resumption} {
		both := make(t)
		t.Run(both.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := drive(t, both.answers, both.answerer, both.timeout)
				b := drive(t, both.asks, both.asker, both.timeout)
				a.happens(happened{event: rendezvous.Joined})
				b.happens(happened{event: rendezvous.Joined})
				relayMessages(a, b, 10)
				<-a.done
				<-b.done
				if a.err != nil || b.err != nil {
					t.Fatalf("%v; %v", a.err, b.err)
				}
				if a.result.Secrets.VerifyBytes() != b.result.Secrets.VerifyBytes() || a.result.Incarnation != b.result.Incarnation || a.result.Generation != b.result.Generation {
					t.Error("the two sides do not agree")
				}
				if want := map[bool][]string{true: {"burn"}}[both.usesCode]; !slices.Equal(a.room.done(), want) {
					t.Errorf("the answering side did %v in the room, want %v", a.room.done(), want)
				}
				if a.seen != (seen{joined: 1}) || b.seen != (seen{joined: 1}) {
					t.Errorf("told %v and %v", a.seen, b.seen)
				}
			})
		})
	}
}

// A run that is broken off uses a code up, at once; a resumption waits for the
// peer to come back.
func TestDriverIsInterrupted(t *testing.T) {
	lost := &rendezvous.LostError{Relay: "relay.example", Err: errors.New("cut")}
	breaks := []struct {
		name    string
		happens func(d *driven, timeout time.Duration)
		want    HandshakeFailure
		resumes bool // the driver of a resumption goes on waiting
	}{
		{"the peer leaves", func(d *driven, _ time.Duration) { d.happens(happened{event: rendezvous.Left}) }, FailurePeerLeft, true},
		{"another peer joins", func(d *driven, _ time.Duration) { d.happens(happened{event: rendezvous.Joined}) }, FailurePeerLeft, true},
		{"the relay is lost", func(d *driven, _ time.Duration) { d.happens(happened{err: lost}) }, FailureRelayLost, false},
		{"nothing comes", func(_ *driven, timeout time.Duration) {
			time.Sleep(timeout) // of the bubble's clock
			synctest.Wait()
		}, FailureTimeout, false},
		{"what comes makes no sense", func(d *driven, _ time.Duration) {
			d.happens(happened{event: rendezvous.Message, payload: []byte{0xff}})
		}, FailureMalformed, false},
	}
	for _, make := range []func(*testing.T) bothSides{codeHandshake, resumption} {
		for _, tt := range breaks {
			for _, side := range []string{"answering", "asking"} {
				both := make(t)
				t.Run(fmt.Sprintf("%s/%s/%s", both.name, side, tt.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						a := drive(t, both.answers, both.answerer, both.timeout)
						b := drive(t, both.asks, both.asker, both.timeout)
						defer func() {
							a.cancel(nil)
							b.cancel(nil)
							<-a.done
							<-b.done
						}()
						a.happens(happened{event: rendezvous.Joined})
						b.happens(happened{event: rendezvous.Joined})
						relayMessages(a, b, 1) // the first message has come: a run has begun on both sides
						hit := a
						if side == "asking" {
							hit = b
						}
						tt.happens(hit, both.timeout)
						if !both.usesCode && tt.resumes {
							if hit.ended() {
								t.Fatalf("it ended: %v", hit.err)
							}
							return
						}
						<-hit.done
						var used *HandshakeError
						switch is := errors.As(hit.err, &used); {
						case hit.err == nil || is != both.usesCode:
							t.Fatalf("got %v", hit.err)
						case is && used.Failure != tt.want:
							t.Errorf("got %v, want %v", used.Failure, tt.want)
						}
					})
				})
			}
		}
	}
}

// A peer whose message is refused is told why, in both handshakes.
func TestDriverAborts(t *testing.T) {
	for _, make := range []func(*testing.T) bothSides{codeHandshake, resumption} {
		both := make(t)
		t.Run(both.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := drive(t, both.answers, both.answerer, both.timeout)
				b := drive(t, both.asks, both.asker, both.timeout)
				a.happens(happened{event: rendezvous.Joined})
				b.happens(happened{event: rendezvous.Joined})
				relayMessages(a, b, 1)
				answer := <-a.room.out
				answer[len(answer)-1] ^= 1
				b.happens(happened{event: rendezvous.Message, payload: answer})
				relayMessages(b, a, 10)
				<-b.done
				<-a.done
				var abort *handshake.AbortError
				if b.err == nil || !errors.As(a.err, &abort) && !errors.Is(a.err, handshake.ErrWrongCode) {
					t.Errorf("the asking side: %v; the answering side: %v", b.err, a.err)
				}
			})
		})
	}
}

// Until somebody has tried the code, a sender that gives up ends the room, and
// peers may come and go.
func TestDriverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := drive(t, codeHandshake(t).answers, Sender, handshakeTimeout)
		for range 2 {
			a.happens(happened{event: rendezvous.Joined})
			a.happens(happened{event: rendezvous.Left})
		}
		time.Sleep(10 * handshakeTimeout) // of the bubble's clock
		if a.ended() || a.seen != (seen{2, 2}) {
			t.Fatalf("ended: %v, told %v", a.err, a.seen)
		}
		stop := errors.New("stop")
		a.cancel(stop)
		<-a.done
		if !errors.Is(a.err, stop) || !slices.Equal(a.room.done(), []string{"withdraw", "close"}) {
			t.Errorf("got %v, and did %v in the room", a.err, a.room.done())
		}
	})
}

// If the relay cannot be told that the code is burnt, the code is used up all
// the same: the relay may have heard it.
func TestDriverCannotBurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		both := codeHandshake(t)
		a := drive(t, both.answers, Sender, handshakeTimeout)
		a.room.refuse = &rendezvous.LostError{Relay: "relay.example", Err: errors.New("cut")}
		m1, err := both.asks.Start()
		if err != nil {
			t.Fatal(err)
		}
		a.happens(happened{event: rendezvous.Message, payload: m1})
		<-a.done
		var used *HandshakeError
		if !errors.As(a.err, &used) || used.Failure != FailureRelayLost {
			t.Errorf("got %v", a.err)
		}
		if len(a.room.out) > 0 {
			t.Error("it answered")
		}
	})
}
