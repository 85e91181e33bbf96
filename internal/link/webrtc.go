package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	webrtcTimeout = 20 * time.Second // of one attempt
	// The retry interval after an attempt that failed.
	webrtcRedialFirst   = 5 * time.Second
	webrtcRedialLongest = time.Minute
	// maxAnswers bounds how many lanes the receiver answers at the same time.
	maxAnswers = 4
	// signalQueue is how many signals of one lane may be queued.
	signalQueue = 64
)

// webrtcDialer sets up a webrtc lane. The sender dials whenever the relayed lane
// is the only one; the receiver answers.
type webrtcDialer struct {
	link *Link

	mu      sync.Mutex
	signals map[uint32]chan wire.Signal // by the ID of a lane that is being set up
}

func newWebRTCDialer(l *Link) *webrtcDialer {
	return &webrtcDialer{link: l, signals: make(map[uint32]chan wire.Signal)}
}

// run dials, at the sender. If the first attempt fails and no other kind of lane
// may carry data, the transfer ends.
func (d *webrtcDialer) run() {
	l := d.link
	if l.peer.role == Receiver {
		return
	}
	retry, connected := newRetry(webrtcRedialFirst, webrtcRedialLongest), false
	for {
		err := l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up == wire.LaneRelay })
		if err != nil {
			return
		}
		id := l.numberLane()
		if err := d.dial(id, d.open(id), true); err == nil {
			retry.Reset()
			connected = true
			continue
		}
		if l.ctx.Err() != nil {
			return // the transfer may have ended before the data channel was up
		}
		if !connected && l.cannotDial(wire.LaneWebRTC) {
			return
		}
		if retry.wait(l.ctx, nil) != nil {
			return
		}
	}
}

// renew does nothing: setting up a connection needs no keys besides those of the
// session, which seal the signals.
func (d *webrtcDialer) renew(*Peer) {}

// signal passes a signal to the lane that it is for. At the receiver, an offer
// for an unknown lane starts a new one.
func (d *webrtcDialer) signal(sig wire.Signal) bool {
	if sig.Kind == wire.SignalAddresses {
		return false
	}
	d.mu.Lock()
	queue, known := d.signals[sig.Lane]
	answering := len(d.signals)
	d.mu.Unlock()
	if !known {
		if d.link.peer.role == Sender || sig.Kind != wire.SignalOffer || answering >= maxAnswers {
			return true // for a lane that was given up, or one lane too many
		}
		queue = d.open(sig.Lane)
		d.link.wg.Go(func() { _ = d.dial(sig.Lane, queue, false) })
	}
	select {
	case queue <- sig:
	default: // the lane is up or given up, and no longer reads
	}
	return true
}

// open creates the queue of a lane that is being set up.
func (d *webrtcDialer) open(id uint32) chan wire.Signal {
	queue := make(chan wire.Signal, signalQueue)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signals[id] = queue
	return queue
}

func (d *webrtcDialer) close(id uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.signals, id)
}

// errNoTURN is why a private peer has no webrtc lane.
var errNoTURN = errors.New("the relay has no TURN servers, and the peer must not learn an address of this machine")

// connect sets up a connection by the servers of the relay.
func (d *webrtcDialer) connect(ctx context.Context, o webrtc.Options) (*webrtc.Conn, error) {
	o.Servers, o.RelayOnly = d.link.iceServers(ctx), d.link.config.Private
	if o.RelayOnly && !hasTURN(o.Servers) {
		return nil, errNoTURN
	}
	return webrtc.Dial(ctx, o)
}

// dial offers the webrtc lane with the number id, or answers its offer.
func (d *webrtcDialer) dial(id uint32, signals <-chan wire.Signal, offer bool) error {
	defer d.close(id)
	l := d.link
	b := newBeside(l)
	o := webrtc.Options{
		Offer: offer, Signals: signals, New: l.config.NewPeerConnection, PathFound: b.start,
		Send: func(ctx context.Context, kind wire.SignalKind, body string) error {
			return l.Send(ctx, wire.Signal{Kind: kind, Lane: id, Body: body}.Append(nil))
		},
	}
	ctx, cancel := context.WithTimeout(l.ctx, webrtcTimeout)
	defer cancel()
	carrier, err := d.connect(ctx, o)
	if err == nil {
		err = b.attachChannel(id, carrier)
	}
	if err != nil {
		b.stop()
	}
	if err != nil && l.ctx.Err() == nil {
		l.config.Logger.Debug("no webrtc lane", "reason", err)
		_ = o.Send(l.ctx, wire.SignalFailed, "no direct path was found")
	}
	return err
}
