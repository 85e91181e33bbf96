//go:build !js

package webrtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
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
)

// Sizes and times of a data channel.
const (
	// A write blocks while more than sendHigh bytes are buffered, until no more
	// than sendLow are.
	sendHigh = 2 << 20
	sendLow  = 1 << 20
	// The receive buffer bounds what is in flight. pion's default of 1 MiB limits
	// a path of 50 ms to 160 Mbit/s.
	receiveBuffer = 8 << 20
	// cwndStep is by how many packets the congestion window grows in each round
	// trip after a loss. With SCTP's one packet a path of 50 ms that loses one
	// packet in a thousand carries 8 Mbit/s. The session's flow control bounds
	// what is in flight all the same.
	cwndStep = 8

	iceDisconnected = 5 * time.Second
	iceFailed       = 10 * time.Second
	iceKeepAlive    = 2 * time.Second
	// hostPreference is for how long a pair of host candidates is preferred over
	// one through a NAT.
	hostPreference = 150 * time.Millisecond
)

// errBroken is a write on a connection that failed or was closed.
var errBroken = errors.New("the direct connection broke")

// pionConnection is the PeerConnection over pion. Its sockets carry a trunk as
// well, for long-haul connections with a peer that has one, too.
type pionConnection struct {
	pc         *webrtc.PeerConnection
	channel    *webrtc.DataChannel
	raw        datachannel.ReadWriteCloserDeadliner // set before opened
	candidates chan Candidate
	opened     chan error
	drained    chan struct{} // a token when the buffer has drained to sendLow
	failed     chan struct{} // closed when the connection failed or was closed
	failOnce   sync.Once

	trunk    *trunk.Trunk
	trunkKey []byte      // this peer seals with it on the trunk
	trunked  atomic.Bool // the peer has a trunk, too
	ecn      atomic.Bool // both sides see the ECN bits of what comes there; set before trunked
}

// newPion starts a connection that has yet to be negotiated.
func newPion(c Configuration) (PeerConnection, error) {
	p := &pionConnection{
		candidates: make(chan Candidate, maxCandidates), opened: make(chan error, 1),
		drained: make(chan struct{}, 1), failed: make(chan struct{}),
		trunk: trunk.New(), trunkKey: newTrunkKey(),
	}
	var err error
	if p.pc, err = newAPI(p.trunk, c); err != nil {
		_ = p.trunk.Close()
		return nil, err
	}
	if err := p.createChannel(); err != nil {
		_ = p.Close()
		return nil, err
	}
	p.pc.OnICECandidate(p.gathered)
	return p, nil
}

// newAPI configures pion. There is no media, so its defaults for media are left
// out.
func newAPI(t *trunk.Trunk, o Configuration) (*webrtc.PeerConnection, error) {
	system, err := newSockets(t)
	if err != nil {
		return nil, err
	}
	var e webrtc.SettingEngine
	e.SetNet(system)
	e.LoggerFactory = silent()
	e.DetachDataChannels()
	e.DisableCloseByDTLS(true)          // so that the peer's close is read as io.EOF, and not as our own abort in reply
	e.SetIncludeLoopbackCandidate(true) // for two terminals on a machine that has no other interface
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	e.SetSrflxAcceptanceMinWait(hostPreference)
	e.SetPrflxAcceptanceMinWait(hostPreference)
	e.SetSCTPMaxReceiveBufferSize(receiveBuffer)
	e.EnableSCTPZeroChecksum(true)
	e.SetSCTPCwndCAStep(cwndStep * trunk.LeastMTU)
	var c webrtc.Configuration
	for _, s := range o.Servers {
		server := webrtc.ICEServer{URLs: []string{s.URL()}}
		if s.IsTURN() {
			server.Username, server.Credential = s.Username, s.Password
		}
		c.ICEServers = append(c.ICEServers, server)
	}
	if o.RelayOnly {
		e.SetRelayAcceptanceMinWait(0) // there is no better one to wait for
		c.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return api.NewPeerConnection(c)
}

// silent discards all of pion's logs.
func silent() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}

func (p *pionConnection) createChannel() error {
	negotiated, ordered, id := true, true, uint16(0)
	channel, err := p.pc.CreateDataChannel("tallow", &webrtc.DataChannelInit{Negotiated: &negotiated, Ordered: &ordered, ID: &id})
	if err != nil {
		return fmt.Errorf("create a data channel: %w", err)
	}
	p.channel = channel
	channel.SetBufferedAmountLowThreshold(sendLow)
	channel.OnBufferedAmountLow(func() {
		select {
		case p.drained <- struct{}{}:
		default:
		}
	})
	channel.OnOpen(func() {
		raw, err := channel.DetachWithDeadline()
		p.raw = raw
		p.opened <- err
	})
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			p.fail()
		}
	})
	return nil
}

func (p *pionConnection) fail() { p.failOnce.Do(func() { close(p.failed) }) }

// gathered takes a local candidate from pion, nil after the last one. The end of
// candidates needs no signal, since ICE times out by itself.
func (p *pionConnection) gathered(c *webrtc.ICECandidate) {
	if c == nil {
		return
	}
	select {
	case p.candidates <- Candidate(c.ToJSON()):
	default: // more addresses than the peer would try
	}
}

// CreateOffer returns pion's offer with the trunk's key in it.
func (p *pionConnection) CreateOffer(context.Context) (string, error) {
	return p.describe(p.pc.CreateOffer(nil))
}

// CreateAnswer returns pion's answer with the trunk's key in it.
func (p *pionConnection) CreateAnswer(context.Context) (string, error) {
	return p.describe(p.pc.CreateAnswer(nil))
}

func (p *pionConnection) describe(d webrtc.SessionDescription, err error) (string, error) {
	if err == nil {
		err = p.pc.SetLocalDescription(d)
	}
	if err != nil {
		return "", err
	}
	sdp := appendTrunkKey(d.SDP, p.trunkKey)
	if trunk.SeesECN {
		sdp += ecnLine + "\r\n"
	}
	return sdp, nil
}

// SetOffer sets the peer's offer, and starts the trunk if there is a key in it.
func (p *pionConnection) SetOffer(_ context.Context, sdp string) error {
	return p.setRemote(webrtc.SDPTypeOffer, sdp)
}

// SetAnswer does the same with the peer's answer.
func (p *pionConnection) SetAnswer(_ context.Context, sdp string) error {
	return p.setRemote(webrtc.SDPTypeAnswer, sdp)
}

func (p *pionConnection) setRemote(kind webrtc.SDPType, sdp string) error {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil {
		return err
	}
	key, err := parseTrunkKey(sdp)
	if err != nil || key == nil {
		return err
	}
	p.ecn.Store(trunk.SeesECN && hasECNLine(sdp))
	if err := p.trunk.Start(p.trunkKey, key); err != nil {
		return err
	}
	p.trunked.Store(true)
	return nil
}

// AddCandidate adds a candidate of the peer.
func (p *pionConnection) AddCandidate(_ context.Context, c Candidate) error {
	return p.pc.AddICECandidate(webrtc.ICECandidateInit(c))
}

// Candidates delivers the local candidates.
func (p *pionConnection) Candidates() <-chan Candidate { return p.candidates }

// Opened delivers a value when the data channel is open.
func (p *pionConnection) Opened() <-chan error { return p.opened }

// PathFound is closed when ICE has found a path, over which DTLS begins.
func (p *pionConnection) PathFound() <-chan struct{} { return p.trunk.Found() }

// Failed is closed when the connection failed or was closed.
func (p *pionConnection) Failed() <-chan struct{} { return p.failed }

// Relayed reports whether the path goes through a TURN server.
func (p *pionConnection) Relayed() bool {
	pair, err := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return false
	}
	return pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
}

// PeerAddress returns the address that ICE has found for the peer; the zero Addr if
// there is none.
func (p *pionConnection) PeerAddress() netip.Addr {
	pair, err := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(pair.Remote.Address)
	return addr.Unmap().WithZone("")
}

// WriteRecord sends a record. It blocks while more than sendHigh bytes are
// buffered.
func (p *pionConnection) WriteRecord(rec []byte) error {
	for p.channel.BufferedAmount() > sendHigh {
		select {
		case <-p.drained:
		case <-p.failed:
			return errBroken
		}
	}
	if _, err := p.raw.Write(rec); err != nil {
		return fmt.Errorf("write to the data channel: %w", err)
	}
	return nil
}

// ReadRecord reads the next record.
func (p *pionConnection) ReadRecord(buf []byte) ([]byte, error) {
	n, err := p.raw.Read(buf)
	// A peer that closes ends DTLS, after which pion cannot reset its own stream.
	// A browser may also abort the association (RFC 9260, section 9.1).
	if errors.Is(err, io.EOF) || errors.Is(err, sctp.ErrChunk) || errors.Is(err, sctp.ErrResetPacketInStateNotExist) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read from the data channel: %w", err)
	}
	return buf[:n], nil
}

// Close closes the connection with all flows beside the data channel, and waits for pion's
// goroutines.
func (p *pionConnection) Close() error {
	p.fail()
	_ = p.trunk.Close()
	// The end of DTLS tells the peer. pion's own Close aborts SCTP first, which
	// takes 0.4 s if the peer has done so too.
	dtls := p.pc.SCTP().Transport()
	return errors.Join(dtls.Stop(), dtls.ICETransport().GracefulStop())
}
