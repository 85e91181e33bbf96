package link_test

import (
	"errors"
	"net/netip"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay"
)

// noPeerConnection is a platform where no connection of WebRTC can be made.
func noPeerConnection(webrtc.Configuration) (webrtc.PeerConnection, error) {
	return nil, errors.New("there is none here")
}

// Both peers are told why a lane carries.
func TestWhyALaneCarries(t *testing.T) {
	const relayed, all = wire.LaneRelay, wire.LaneRelay | wire.LaneTCP | wire.LaneWebRTC
	for name, tt := range map[string]struct {
		sender, receiver link.Config
		atSender         link.LaneReason
		atReceiver       link.LaneReason
	}{
		"direct":                 {link.Config{Lanes: all}, link.Config{Lanes: all}, link.LaneDirect, link.LaneDirect},
		"the sender is private":  {link.Config{Lanes: all, Private: true}, link.Config{Lanes: all}, link.LanePrivate, link.LanePeerPrivate},
		"both are":               {link.Config{Lanes: all, Private: true}, link.Config{Lanes: all, Private: true}, link.LanePrivate, link.LanePrivate},
		"the receiver relays":    {link.Config{Lanes: all}, link.Config{Lanes: relayed}, link.LanePeerAllowsNone, link.LaneNoneAllowed},
		"no direct one for both": {link.Config{Lanes: relayed | wire.LaneTCP}, link.Config{Lanes: relayed | wire.LaneWebRTC}, link.LanePeerAllowsNone, link.LanePeerAllowsNone},
		"no path": {
			link.Config{Lanes: relayed | wire.LaneWebRTC, NewPeerConnection: noPeerConnection},
			link.Config{Lanes: all},
			link.LaneNoDirect, link.LaneNoDirect,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, received := connectBoth(t, tt.sender, tt.receiver)
			sent.await(t, string(tt.atSender))
			received.await(t, string(tt.atReceiver))
		})
	}
}

// A relayed lane that takes over from a direct one says so.
func TestWhyALaneTakesOver(t *testing.T) {
	var n network
	c := link.Config{Lanes: wire.LaneRelay | wire.LaneTCP, WrapCarrier: n.add}
	sent, received := connectBoth(t, c, c)
	sent.await(t, string(link.LaneDirect))
	received.await(t, string(link.LaneDirect))
	n.cutTCP()
	sent.await(t, string(link.LaneDirectLost))
	received.await(t, string(link.LaneDirectLost))
}

// network is the carriers of two links, of which those by TCP can be cut.
type network struct {
	mu  sync.Mutex
	tcp []lane.Carrier
	cut bool
}

func (n *network) add(_ uint32, c lane.Carrier) lane.Carrier {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.Traits().Kind == wire.LaneTCP {
		n.tcp = append(n.tcp, c)
		if n.cut {
			_ = c.Close()
		}
	}
	return c
}

func (n *network) cutTCP() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for _, c := range n.tcp {
		_ = c.Close()
	}
}

// reasons is an observer that records why lanes carry, as far as anyone waits for it.
type reasons struct{ recorder }

func (o reasons) LaneUp(_ wire.Lanes, why link.LaneReason, _ netip.Addr) {
	select {
	case o.events <- string(why):
	default:
	}
}

func (reasons) LaneDown(wire.Lanes) {}

// connectBoth connects two peers by a relay and returns what they are told.
func connectBoth(t *testing.T, s, r link.Config) (sent, received reasons) {
	t.Helper()
	url := relaytest.Start(t, relay.Config{}).URL
	for _, c := range []*link.Config{&s, &r} {
		filled := config(url, c.Lanes)
		filled.Private, filled.NewPeerConnection, filled.WrapCarrier = c.Private, c.NewPeerConnection, c.WrapCarrier
		*c = filled
	}
	l, k := listen(t, s)
	coming := accept(t.Context(), l, newRecorder())
	receiver, err := link.Dial(t.Context(), r, k, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	a := <-coming
	if a.err != nil {
		t.Fatal(a.err)
	}
	sent, received = reasons{newRecorder()}, reasons{newRecorder()}
	connect(t, a.peer, link.Options{Observer: sent, NoPath: func() {}})
	connect(t, receiver, link.Options{Observer: received})
	return sent, received
}
