package webrtc

import "context"

// Configuration says how a connection finds its path.
type Configuration struct {
	Servers []ICEServer // may be empty
	// RelayOnly allows only paths through TURN servers, so that the peer learns no
	// address of this machine: what W3C calls the iceTransportPolicy "relay".
	RelayOnly bool
}

// PeerConnection is one connection of some implementation of WebRTC, with one
// data channel and no media. Both peers create the channel with the same
// parameters, since it is negotiated out of band (RFC 8831): reliable, ordered,
// binary, with the id 0 and the label "tallow".
//
// Everything goes as text or bytes, so the connection itself may live in another
// thread or process. The methods that take a context are called one at a time.
type PeerConnection interface {
	// CreateOffer creates a description, makes it the local one, and starts to
	// gather candidates. It returns the description's SDP for the peer.
	CreateOffer(ctx context.Context) (sdp string, err error)
	// CreateAnswer does the same after SetOffer.
	CreateAnswer(ctx context.Context) (sdp string, err error)
	// SetOffer and SetAnswer make the peer's SDP the remote description.
	SetOffer(ctx context.Context, sdp string) error
	SetAnswer(ctx context.Context, sdp string) error
	// AddCandidate adds a candidate of the peer. It is called only once there is
	// a remote description. An error means that the candidate is of no use here.
	AddCandidate(ctx context.Context, c Candidate) error

	// Candidates delivers the local candidates as they are gathered, at most
	// maxCandidates of them. It is never closed.
	Candidates() <-chan Candidate
	// Opened delivers nil when the data channel is open, and an error if it
	// cannot be used.
	Opened() <-chan error
	// Failed is closed when the connection failed, for example because ICE found
	// no path, or when it was closed.
	Failed() <-chan struct{}

	// Relayed reports whether the path goes through a TURN server of either peer. It
	// is called when the data channel is open.
	Relayed() bool

	// WriteRecord, ReadRecord and Close are those of lane.Carrier, over the data
	// channel: a record is one message. Close also ends a connection that never
	// opened, and waits for everything the connection has started.
	WriteRecord(rec []byte) error
	ReadRecord(buf []byte) ([]byte, error)
	Close() error
}

// maxCandidates bounds the candidates of each peer.
const maxCandidates = 128
