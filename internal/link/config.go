package link

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Config is what all connections of a program have in common.
type Config struct {
	// Relay is the relay that is configured, as a person named it; empty if
	// there is none.
	Relay string
	// Local is the network that this machine is on, where a sender without a
	// relay runs one itself. Nil where there is no such thing, as in a browser.
	Local LocalNetwork
	// Lanes are the kinds of lanes that may carry this side's data.
	Lanes wire.Lanes
	// RoomDialer opens the WebSockets of rooms; nil: the system's sockets, which
	// a browser does not have.
	RoomDialer rendezvous.Dialer
	// NewPeerConnection makes the connections of webrtc lanes; nil: those of
	// pion, which a browser does not have.
	NewPeerConnection func(servers []webrtc.ICEServer) (webrtc.PeerConnection, error)
	// FailedCodes remembers codes whose handshake failed, over the runs of the
	// program; nil where nothing is remembered.
	FailedCodes FailedCodes
	// Version is the version of the program, for diagnostics.
	Version string
	// Logger takes what helps to find faults.
	Logger *slog.Logger
	// WrapCarrier, if set, wraps the carrier of every lane. It is for tests.
	WrapCarrier func(id uint32, c lane.Carrier) lane.Carrier
}

// FailedCodes remembers the codes that a receiver has tried and that failed. Each
// handshake is one guess of the words for a hostile relay, so no code is tried
// twice. It is a vault.FailedCodes.
type FailedCodes interface {
	Has(c vault.FailedCode) (bool, error)
	Add(c vault.FailedCode) error
}
