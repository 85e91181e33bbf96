package webrtc_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/lanetest"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/session/sessiontest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// page is a PeerConnection that is not pion's, such as a browser's. It records the
// calls, and is open once both ends have each other's candidate.
type page struct {
	*sessiontest.Carrier
	candidates chan webrtc.Candidate
	opened     chan error
	failed     chan struct{}
	once       sync.Once

	mu    sync.Mutex
	calls []string
}

func newPage(c *sessiontest.Carrier) *page {
	p := &page{
		Carrier: c, opened: make(chan error, 300),
		candidates: make(chan webrtc.Candidate, 1), failed: make(chan struct{}),
	}
	p.candidates <- webrtc.Candidate{Candidate: "candidate:1"}
	return p
}

func (p *page) note(call string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, call)
}

func (p *page) CreateOffer(context.Context) (string, error) {
	p.note("create offer")
	return "offer", nil
}

func (p *page) CreateAnswer(context.Context) (string, error) {
	p.note("create answer")
	return "answer", nil
}

func (p *page) SetOffer(_ context.Context, sdp string) error {
	p.note("set " + sdp)
	return nil
}

func (p *page) SetAnswer(_ context.Context, sdp string) error {
	p.note("set " + sdp)
	return nil
}

func (p *page) AddCandidate(_ context.Context, c webrtc.Candidate) error {
	p.note("add " + c.Candidate)
	p.opened <- nil
	return nil
}

func (p *page) Candidates() <-chan webrtc.Candidate { return p.candidates }
func (p *page) Failed() <-chan struct{}             { return p.failed }

// Opened waits until this end has sent its candidate, which the peer needs.
func (p *page) Opened() <-chan error {
	if len(p.candidates) > 0 {
		return nil
	}
	return p.opened
}

func (p *page) Close() error {
	p.once.Do(func() { close(p.failed) })
	return p.Carrier.Close()
}

func (p *page) Relayed() bool { return false }

// connectPages dials with two connections that are not pion's.
func connectPages(t *testing.T) (conns [2]lane.Carrier, pages [2]*page) {
	t.Helper()
	ca, cb := sessiontest.Pipe(64, lane.Traits{}, nil, nil)
	pages = [2]*page{newPage(ca), newPage(cb)}
	boxes := [2]mailbox{newMailbox(), newMailbox()}
	var results [2]<-chan dialed
	for i, p := range pages {
		results[i] = dial(t.Context(), webrtc.Options{
			Offer: i == 0, Send: boxes[1-i].send, Signals: boxes[i],
			Configuration: webrtc.Configuration{Servers: []webrtc.ICEServer{{Address: "stun.example:3478"}}},
			New: func(c webrtc.Configuration) (webrtc.PeerConnection, error) {
				if !slices.Equal(c.Servers, []webrtc.ICEServer{{Address: "stun.example:3478"}}) {
					t.Errorf("servers %v", c.Servers)
				}
				return p, nil
			},
		})
	}
	for i, result := range results {
		d := <-result
		if d.err != nil {
			t.Fatal(d.err)
		}
		conns[i] = d.carrier
		t.Cleanup(func() { _ = d.carrier.Close() })
	}
	return conns, pages
}

// Any implementation of WebRTC makes a carrier.
func TestCarrierOverAnotherImplementation(t *testing.T) {
	lanetest.Run(t, func(t *testing.T) (a, b lane.Carrier) {
		conns, _ := connectPages(t)
		return conns[0], conns[1]
	})
}

func TestNegotiation(t *testing.T) {
	_, pages := connectPages(t)
	for i, want := range [][]string{
		{"create offer", "set answer", "add candidate:1"},
		{"set offer", "create answer", "add candidate:1"},
	} {
		if got := pages[i].calls; !slices.Equal(got, want) {
			t.Errorf("calls %q, want %q", got, want)
		}
	}
}

// A dial ends with the failure of its connection, and closes it.
func TestFailuresOfTheConnection(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		fail func(*page)
		want string
	}{
		"ICE":     {func(p *page) { p.once.Do(func() { close(p.failed) }) }, "no direct path"},
		"opening": {func(p *page) { p.opened <- broken }, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			c, peer := sessiontest.Pipe(1, lane.Traits{}, nil, nil)
			p := newPage(c)
			<-p.candidates
			tt.fail(p)
			err := dialFails(t, dial(t.Context(), webrtc.Options{
				Offer: true, Send: newMailbox().send, Signals: newMailbox(),
				New: func(webrtc.Configuration) (webrtc.PeerConnection, error) { return p, nil },
			}))
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if _, err := peer.ReadRecord(make([]byte, wire.ReadBuffer)); err != io.EOF {
				t.Errorf("the connection was not closed: %v", err)
			}
		})
	}
	err := dialFails(t, dial(t.Context(), webrtc.Options{
		New: func(webrtc.Configuration) (webrtc.PeerConnection, error) { return nil, broken },
	}))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
