package link

import (
	"context"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const (
	webrtcTimeout      = 20 * time.Second // of one attempt
	webrtcRedialFirst  = 5 * time.Second  // after one that failed
	webrtcRedialLatest = time.Minute
	// maxAnswers bounds the lanes that the peer sets up at the same time.
	maxAnswers = 4
	// signalQueue is how many signals of one lane may wait.
	signalQueue = 64
)

// webrtcDialer has a webrtc lane, as far as the network lets it. The sender
// dials, again and again as long as no direct lane is up and the relayed one can
// take the signals; the receiver answers.
type webrtcDialer struct {
	link *Link

	mu      sync.Mutex
	signals map[uint32]chan wire.Signal // by the lanes that are being set up
}

func newWebRTCDialer(l *Link) *webrtcDialer {
	return &webrtcDialer{link: l, signals: make(map[uint32]chan wire.Signal)}
}

// run dials, on the sending side. Where nothing else may carry data and the
// first attempt fails, the transfer ends.
func (d *webrtcDialer) run() {
	l := d.link
	if l.peer.role == Receiver {
		return
	}
	pauses, connected := newPauses(webrtcRedialFirst, webrtcRedialLatest), false
	for {
		err := l.AwaitLanes(l.ctx, func(up wire.Lanes) bool { return up == wire.LaneRelay })
		if err != nil {
			return
		}
		id := l.numberLane()
		if err := d.dial(id, d.open(id), true); err == nil {
			pauses.Reset()
			connected = true
			continue
		}
		if !connected && l.cannotDial(wire.LaneWebRTC) {
			return
		}
		if pauses.wait(l.ctx, nil) != nil {
			return
		}
	}
}

// renew does nothing: the connection is made with signals of the session alone.
func (d *webrtcDialer) renew(*Peer) {}

// signal hands a signal to the lane that it is for. The receiver answers an
// offer for a lane that it does not know.
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
			return true // of a lane that was given up, or one too many
		}
		queue = d.open(sig.Lane)
		d.link.wg.Go(func() { _ = d.dial(sig.Lane, queue, false) })
	}
	select {
	case queue <- sig:
	default: // the lane is up or given up, and reads no more
	}
	return true
}

// open makes the queue of a lane that is being set up.
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

// dial makes the webrtc lane with the number id, or answers its offer.
func (d *webrtcDialer) dial(id uint32, signals <-chan wire.Signal, offer bool) error {
	defer d.close(id)
	l := d.link
	o := webrtc.Options{
		Offer: offer, Signals: signals, New: l.config.NewPeerConnection,
		Send: func(ctx context.Context, kind wire.SignalKind, body string) error {
			return l.Send(ctx, wire.Signal{Kind: kind, Lane: id, Body: body}.Append(nil))
		},
	}
	l.mu.Lock()
	o.Servers = l.iceServers
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.ctx, webrtcTimeout)
	defer cancel()
	carrier, err := webrtc.Dial(ctx, o)
	if err == nil {
		err = l.attach(id, wire.LaneWebRTC, carrier)
	}
	if err == nil {
		l.addAssociations(carrier, l.Lane(id))
	}
	if err != nil && l.ctx.Err() == nil {
		l.config.Logger.Debug("no webrtc lane", "reason", err)
		_ = o.Send(l.ctx, wire.SignalFailed, "no direct path was found")
	}
	return err
}
