package link

import (
	"log/slog"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Config is what all links of a program have in common.
type Config struct {
	// Relay is the configured relay, as the user wrote it; empty if there is
	// none.
	Relay string
	// RelayPins are the keys of which a relay has to have one; none: any relay with a
	// certificate that this machine trusts.
	RelayPins []rendezvous.Pin
	// RelayPassword is the password of the configured relay, if that is closed. No
	// other relay gets it.
	RelayPassword string
	// Local is the network of this machine, where a sender without a configured
	// relay serves one itself. It is nil where this is not possible, as in a
	// browser.
	Local LocalNetwork
	// Lanes are the kinds of lanes that may carry data.
	Lanes wire.Lanes
	// Private keeps the addresses of this machine from the peer: the only lanes are
	// the relayed one, and webrtc through the relay's TURN servers. Local has to be
	// nil.
	Private bool
	// RoomDialer opens the WebSockets of rooms. If nil, they are the system's or,
	// in a browser, the browser's.
	RoomDialer rendezvous.Dialer
	// NewPeerConnection makes the connections of webrtc lanes. If nil, pion's are
	// used; in a browser there are no webrtc lanes without this.
	NewPeerConnection func(c webrtc.Configuration) (webrtc.PeerConnection, error)
	// FailedCodes remembers codes whose handshake failed, across runs of the
	// program. If nil, nothing is remembered.
	FailedCodes FailedCodes
	// MachineKey is the key of this machine. Without it Link.SealOnMachine fails.
	MachineKey vault.MachineKey
	// Name is told to the peer, as that of this side; empty: none is.
	Name string
	// Page says, here and to the peer, that this side is a page in a browser.
	Page bool
	// Version is the version of the program, for diagnostics.
	Version string
	// Logger receives debugging information.
	Logger *slog.Logger
	// WrapCarrier, if set, wraps the carrier of every lane. It is for tests.
	WrapCarrier func(id uint32, c lane.Carrier) lane.Carrier
}

// FailedCodes remembers codes that a receiver has tried without success. Each
// handshake gives a hostile relay one guess at the words, so no code is tried
// twice. vault.FailedCodes implements it.
type FailedCodes interface {
	Has(c vault.FailedCode) (bool, error)
	Add(c vault.FailedCode) error
}
