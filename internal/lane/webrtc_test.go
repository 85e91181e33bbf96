package lane_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// mailbox takes signals to the one who dials at its other end.
type mailbox chan wire.Signal

func newMailbox() mailbox { return make(mailbox, 300) }

func (m mailbox) send(ctx context.Context, kind wire.SignalKind, body string) error {
	if len(body) > wire.MaxSignal {
		return fmt.Errorf("a signal of %d bytes does not fit", len(body))
	}
	select {
	case m <- wire.Signal{Kind: kind, Body: body}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dialled is what came of a dial.
type dialled struct {
	carrier *lane.WebRTC
	err     error
}

func dial(ctx context.Context, o lane.WebRTCOptions) <-chan dialled {
	result := make(chan dialled, 1)
	go func() {
		c, err := lane.DialWebRTC(ctx, o)
		result <- dialled{c, err}
	}()
	return result
}

// dialFails wants a dial to end with an error.
func dialFails(t *testing.T, result <-chan dialled) error {
	t.Helper()
	select {
	case d := <-result:
		if d.err == nil {
			_ = d.carrier.Close()
			t.Fatal("it connected")
		}
		return d.err
	case <-time.After(patience):
		t.Fatal("the dial does not end")
		return nil
	}
}

func webrtcPair(t *testing.T) (a, b session.Carrier) {
	t.Helper()
	return connectWebRTC(t, nil, func(s mailbox) mailbox { return s })
}

// connectWebRTC connects two ends. What the offering side says goes through
// deliver, which may give another mailbox to read from.
func connectWebRTC(t testing.TB, stun []string, deliver func(mailbox) mailbox) (a, b session.Carrier) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	toA, toB := newMailbox(), newMailbox()
	offering := dial(ctx, lane.WebRTCOptions{Offer: true, STUN: stun, Send: toB.send, Signals: toA})
	answering := dial(ctx, lane.WebRTCOptions{STUN: stun, Send: toA.send, Signals: deliver(toB)})
	var ends []session.Carrier
	for _, result := range []<-chan dialled{offering, answering} {
		d := <-result
		if d.err != nil {
			t.Error(d.err)
			continue
		}
		t.Cleanup(func() { _ = d.carrier.Close() })
		ends = append(ends, d.carrier)
	}
	if len(ends) < 2 {
		t.FailNow()
	}
	return ends[0], ends[1]
}

// Signals of one side may come in any order: candidates that come before the
// description which they belong to are kept.
func TestCandidatesBeforeTheDescription(t *testing.T) {
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	a, b := connectWebRTC(t, nil, func(from mailbox) mailbox {
		to := newMailbox()
		go func() {
			defer close(stopped)
			offer := <-from
			if offer.Kind != wire.SignalOffer {
				t.Errorf("the first signal is of kind %d", offer.Kind)
			}
			to <- <-from // every machine has a candidate
			to <- offer
			// Nothing more: the connection has to come from the early one.
		}()
		return to
	})
	if err := writeAll(a, []int{100}); err != nil {
		t.Fatal(err)
	}
	if err := readAll(b, []int{100}); err != nil {
		t.Fatal(err)
	}
}

// With a STUN service the connection comes up too, and one that does not answer
// holds nothing up.
func TestDialWithSTUN(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	listener, packets, err := relay.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { served <- relay.Serve(ctx, listener, packets, relay.Config{}) }()
	defer func() {
		cancel()
		if err := within(served); err != nil {
			t.Error(err)
		}
	}()
	deaf, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for name, address := range map[string]net.Addr{"answers": packets.LocalAddr(), "does not": deaf.LocalAddr()} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			connectWebRTC(t, []string{address.String()}, func(s mailbox) mailbox { return s })
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// What the other side sends in place of signals ends the dial, and leaves
// nothing behind, which goleak sees.
func TestForeignSignals(t *testing.T) {
	const sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	tests := map[string]struct {
		offer   bool
		signals []wire.Signal
		want    string // in the error
		is      error
	}{
		"no lane here":          {offer: true, signals: []wire.Signal{{Kind: wire.SignalFailed, Body: "not today"}}, want: "not today"},
		"offer to the offerer":  {offer: true, signals: []wire.Signal{{Kind: wire.SignalOffer, Body: sdp}}, is: wire.ErrMalformed},
		"answer to no offer":    {signals: []wire.Signal{{Kind: wire.SignalAnswer, Body: sdp}}, is: wire.ErrMalformed},
		"offer that is empty":   {signals: []wire.Signal{{Kind: wire.SignalOffer}}, want: "description"},
		"offer of junk":         {signals: []wire.Signal{{Kind: wire.SignalOffer, Body: "\x00\xffjunk\r\n"}}, want: "description"},
		"offer of nothing":      {signals: []wire.Signal{{Kind: wire.SignalOffer, Body: sdp}}, want: "description"},
		"answer of junk":        {offer: true, signals: []wire.Signal{{Kind: wire.SignalAnswer, Body: strings.Repeat("a", wire.MaxSignal)}}, want: "description"},
		"candidate of junk":     {offer: true, signals: []wire.Signal{{Kind: wire.SignalCandidate, Body: "{"}}, is: wire.ErrMalformed},
		"candidate of nonsense": {signals: []wire.Signal{{Kind: wire.SignalCandidate, Body: `{"candidate":7}`}}, is: wire.ErrMalformed},
		"two offers": {signals: []wire.Signal{
			{Kind: wire.SignalOffer, Body: sdp}, {Kind: wire.SignalOffer, Body: sdp},
		}, want: "description"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := newMailbox()
			for _, s := range tt.signals {
				in <- s
			}
			err := dialFails(t, dial(t.Context(), lane.WebRTCOptions{Offer: tt.offer, Send: newMailbox().send, Signals: in}))
			if tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %v %s", err, tt.is, tt.want)
			}
		})
	}
}

// Candidates that this side cannot use are no reason to give up, however many
// come.
func TestUselessCandidates(t *testing.T) {
	useless := []string{
		`{}`, `null`, `{"candidate":"junk"}`, `{"candidate":"candidate:1 1 udp 1 203.0.113.1 99999 typ host"}`,
		`{"candidate":"candidate:1 1 tcp 1 203.0.113.1 9 typ host tcptype active","sdpMid":"0","sdpMLineIndex":0}`,
		`{"candidate":"candidate:1 1 udp 1 nobody.local 9 typ host","sdpMid":"x","sdpMLineIndex":7}`,
	}
	flood := newMailbox()
	for range 40 {
		for _, c := range useless {
			flood <- wire.Signal{Kind: wire.SignalCandidate, Body: c}
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); <-stopped }()
	connectWebRTC(t, nil, func(from mailbox) mailbox {
		go func() {
			defer close(stopped)
			for {
				select {
				case s := <-from:
					flood <- s
				case <-stop:
					return
				}
			}
		}()
		return flood
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	for _, offer := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		out := newMailbox()
		result := dial(ctx, lane.WebRTCOptions{Offer: offer, Send: out.send, Signals: newMailbox()})
		if offer {
			<-out // it is under way
		}
		cancel()
		if err := dialFails(t, result); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestDialEndsWithItsSignals(t *testing.T) {
	in := newMailbox()
	close(in)
	if err := dialFails(t, dial(t.Context(), lane.WebRTCOptions{Send: newMailbox().send, Signals: in})); !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("the session is lost")
	err := dialFails(t, dial(t.Context(), lane.WebRTCOptions{
		Offer: true, Signals: newMailbox(),
		Send: func(context.Context, wire.SignalKind, string) error { return broken },
	}))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A dial ends by itself where no path is found.
func TestDialWithoutAPath(t *testing.T) {
	t.Parallel()
	descriptions := func(to mailbox) lane.Signaller {
		return func(ctx context.Context, kind wire.SignalKind, body string) error {
			if kind == wire.SignalCandidate {
				return nil // it gets lost
			}
			return to.send(ctx, kind, body)
		}
	}
	toA, toB := newMailbox(), newMailbox()
	offering := dial(t.Context(), lane.WebRTCOptions{Offer: true, Send: descriptions(toB), Signals: toA})
	answering := dial(t.Context(), lane.WebRTCOptions{Send: descriptions(toA), Signals: toB})
	for _, result := range []<-chan dialled{offering, answering} {
		if err := dialFails(t, result); !strings.Contains(err.Error(), "no direct path") {
			t.Errorf("got %v", err)
		}
	}
}
