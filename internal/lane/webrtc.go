package lane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/sctp"
	"github.com/pion/webrtc/v4"

	"github.com/tallow-transfer/tallow/internal/trunk"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Sizes and times of a data channel.
const (
	// What may wait in the association before a write blocks, and how far it
	// has to drain before the write goes on.
	sendHigh = 2 << 20
	sendLow  = 1 << 20
	// The receive buffer bounds what is in flight; pion's 1 MiB holds a path of
	// 50 ms to 160 Mbit/s.
	receiveBuffer = 8 << 20
	// By how many packets a congestion window grows in a round trip after a loss.
	// With one, a path of 50 ms that loses one packet in a thousand carries 8
	// Mbit/s. What is under way stays bounded by what arrives (package session).
	growthStep = 8

	maxCandidates = 128 // of each side

	iceDisconnected = 5 * time.Second
	iceFailed       = 10 * time.Second
	iceKeepAlive    = 2 * time.Second
	// How long a pair of host candidates is preferred over one through a NAT.
	natAcceptance = 150 * time.Millisecond
)

// Signaller takes a lane's signals to the other side.
type Signaller func(ctx context.Context, kind wire.SignalKind, body string) error

// WebRTCOptions are what a data channel is made with.
type WebRTCOptions struct {
	Offer   bool               // this side makes the offer, the other one answers
	STUN    []string           // HOST:PORT of STUN servers; may be empty
	Send    Signaller          // to the other side
	Signals <-chan wire.Signal // of the other side, for this lane
}

// WebRTC is a carrier over one WebRTC data channel. Where the other side is
// tallow as well there may be more carriers beside it, over the same path
// (association.go).
type WebRTC struct {
	pc      *webrtc.PeerConnection
	dc      *webrtc.DataChannel
	raw     datachannel.ReadWriteCloserDeadliner
	drained chan struct{} // a token when what waits has fallen to sendLow
	gone    chan struct{} // closed when the connection has failed or is closed
	once    sync.Once

	trunk  *trunk.Trunk
	key    []byte      // with which this side seals on the trunk
	widens atomic.Bool // the other side has said its key
}

// DialWebRTC connects a data channel to the other side. It returns when the
// channel is open, and fails when ICE does or ctx ends.
func DialWebRTC(ctx context.Context, o WebRTCOptions) (*WebRTC, error) {
	w := &WebRTC{
		drained: make(chan struct{}, 1), gone: make(chan struct{}),
		trunk: trunk.New(), key: newTrunkKey(),
	}
	var err error
	if w.pc, err = newPeerConnection(w.trunk, o.STUN); err != nil {
		_ = w.trunk.Close()
		return nil, fmt.Errorf("start WebRTC: %w", err)
	}
	if err := w.connect(ctx, o); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

func newPeerConnection(t *trunk.Trunk, stun []string) (*webrtc.PeerConnection, error) {
	system, err := newSockets(t)
	if err != nil {
		return nil, err
	}
	var e webrtc.SettingEngine
	e.SetNet(system)
	e.LoggerFactory = silent()
	e.DetachDataChannels()
	e.DisableCloseByDTLS(true)          // the end of the peer is read, as io.EOF, and not our own abort in answer to it
	e.SetIncludeLoopbackCandidate(true) // two terminals of a machine that has no other interface
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	e.SetSrflxAcceptanceMinWait(natAcceptance)
	e.SetPrflxAcceptanceMinWait(natAcceptance)
	e.SetSCTPMaxReceiveBufferSize(receiveBuffer)
	e.EnableSCTPZeroChecksum(true)
	e.SetSCTPCwndCAStep(growthStep * trunk.LeastMTU)
	var c webrtc.Configuration
	for _, s := range stun {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: []string{"stun:" + s}})
	}
	// There is no media, so what pion has for media by default is left out.
	api := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return api.NewPeerConnection(c)
}

// silent is a log that nobody writes.
func silent() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}

// WriteRecord sends a record; it waits while more than sendHigh bytes do.
func (w *WebRTC) WriteRecord(rec []byte) error {
	for w.dc.BufferedAmount() > sendHigh {
		select {
		case <-w.drained:
		case <-w.gone:
			return errGone
		}
	}
	if _, err := w.raw.Write(rec); err != nil {
		return fmt.Errorf("write to the data channel: %w", err)
	}
	return nil
}

var errGone = errors.New("the direct connection broke")

// ReadRecord reads the next record. io.EOF means that the peer closed the
// connection.
func (w *WebRTC) ReadRecord(buf []byte) ([]byte, error) {
	n, err := w.raw.Read(buf)
	// A peer that closes ends DTLS, which pion cannot answer on its own stream any
	// more; a browser may also abort the association (RFC 9260, section 9.1).
	if errors.Is(err, io.EOF) || errors.Is(err, sctp.ErrChunk) || errors.Is(err, sctp.ErrResetPacketInStateNotExist) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read from the data channel: %w", err)
	}
	return buf[:n], nil
}

// Close ends the connection with all its associations, and waits for pion's
// goroutines.
func (w *WebRTC) Close() error {
	w.once.Do(func() { close(w.gone) })
	_ = w.trunk.Close()
	// The peer hears of it by the end of DTLS. pion's own way, to abort SCTP first,
	// takes 0.4 s where the peer has done so too.
	dtls := w.pc.SCTP().Transport()
	return errors.Join(dtls.Stop(), dtls.ICETransport().GracefulStop())
}
