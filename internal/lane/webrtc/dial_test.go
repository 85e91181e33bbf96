//go:build !js

package webrtc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

func TestCarrier(t *testing.T) {
	lanetest.Run(t, func(t *testing.T) (a, b lane.Carrier) {
		return connect(t, nil, unchanged)
	})
}

// unchanged delivers signals as they are.
func unchanged(m mailbox) mailbox { return m }

// connect connects two ends. The signals of the offering one go through deliver,
// which may return another mailbox to read them from.
func connect(t testing.TB, servers []webrtc.ICEServer, deliver func(mailbox) mailbox) (a, b lane.Carrier) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lanetest.Timeout)
	defer cancel()
	toA, toB := newMailbox(), newMailbox()
	offering := dial(ctx, webrtc.Options{Offer: true, Configuration: webrtc.Configuration{Servers: servers}, Send: toB.send, Signals: toA})
	answering := dial(ctx, webrtc.Options{Configuration: webrtc.Configuration{Servers: servers}, Send: toA.send, Signals: deliver(toB)})
	var ends []lane.Carrier
	for _, result := range []<-chan dialed{offering, answering} {
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

// Signals may arrive in any order: candidates that arrive before their description
// are kept.
func TestCandidatesBeforeTheDescription(t *testing.T) {
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	a, b := connect(t, nil, func(from mailbox) mailbox {
		to := newMailbox()
		go func() {
			defer close(stopped)
			offer := <-from
			if offer.Kind != wire.SignalOffer {
				t.Errorf("the first signal is of kind %d", offer.Kind)
			}
			to <- <-from // every machine has a candidate
			to <- offer
			// Nothing more: the connection has to use the early candidate.
		}()
		return to
	})
	if err := lanetest.WriteAll(a, []int{100}); err != nil {
		t.Fatal(err)
	}
	if err := lanetest.ReadAll(b, []int{100}); err != nil {
		t.Fatal(err)
	}
}

// The connection also comes up with a STUN server, and one that does not answer
// does not delay it.
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
		if err := lanetest.Within(served); err != nil {
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
			connect(t, []webrtc.ICEServer{{Address: address.String()}}, unchanged)
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// Malformed or unexpected signals end the dial and leak nothing, which goleak
// checks.
func TestMalformedSignals(t *testing.T) {
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
			err := dialFails(t, dial(t.Context(), webrtc.Options{Offer: tt.offer, Send: newMailbox().send, Signals: in}))
			if tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %v %s", err, tt.is, tt.want)
			}
		})
	}
}

// Candidates that are of no use here do not end the dial, however many come.
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
	connect(t, nil, func(from mailbox) mailbox {
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
		result := dial(ctx, webrtc.Options{Offer: offer, Send: out.send, Signals: newMailbox()})
		if offer {
			<-out // it has started
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
	if err := dialFails(t, dial(t.Context(), webrtc.Options{Send: newMailbox().send, Signals: in})); !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("the session is lost")
	err := dialFails(t, dial(t.Context(), webrtc.Options{
		Offer: true, Signals: newMailbox(),
		Send: func(context.Context, wire.SignalKind, string) error { return broken },
	}))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A dial fails by itself if there is no path.
func TestDialWithoutAPath(t *testing.T) {
	t.Parallel()
	descriptions := func(to mailbox) webrtc.SendSignal {
		return func(ctx context.Context, kind wire.SignalKind, body string) error {
			if kind == wire.SignalCandidate {
				return nil // lost
			}
			return to.send(ctx, kind, body)
		}
	}
	toA, toB := newMailbox(), newMailbox()
	offering := dial(t.Context(), webrtc.Options{Offer: true, Send: descriptions(toB), Signals: toA})
	answering := dial(t.Context(), webrtc.Options{Send: descriptions(toA), Signals: toB})
	for _, result := range []<-chan dialed{offering, answering} {
		if err := dialFails(t, result); !strings.Contains(err.Error(), "no direct path") {
			t.Errorf("got %v", err)
		}
	}
}
