package tallow

import (
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/link"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/vault"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Lane is a kind of carrier between the two machines.
type Lane string

// The lanes.
const (
	LaneTCP    Lane = "tcp"    // TCP connections from machine to machine
	LaneWebRTC Lane = "webrtc" // a WebRTC data channel, direct where ICE finds a way
	LaneRelay  Lane = "relay"  // through the relay, sealed
)

// DefaultReconnectTimeout is how long a transfer that has lost every connection
// waits for the peer to come back.
const DefaultReconnectTimeout = link.DefaultReconnectTimeout

// AllLanes are the lanes that a Client uses unless it is told otherwise.
func AllLanes() []Lane { return []Lane{LaneTCP, LaneWebRTC, LaneRelay} }

// ParseLanes reads a list such as "tcp,relay".
func ParseLanes(list string) ([]Lane, error) {
	var lanes []Lane
	for name := range strings.SplitSeq(list, ",") {
		l := Lane(strings.ToLower(strings.TrimSpace(name)))
		if _, ok := l.kind(); !ok {
			return nil, &Error{Kind: KindUsage, Reason: ReasonLaneName, Detail: name}
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}

// Config holds the settings of a Client. The zero value is valid: all lanes, and
// no relay other than the one that a sender runs for its own network.
type Config struct {
	// Relay is HOST, HOST:PORT or a ws, wss, http or https URL. If it is empty, a
	// sender runs a relay itself, which machines on the same network find by mDNS.
	Relay string
	// RelayPins are SHA-256 hashes of public keys (SubjectPublicKeyInfo), in base64 or
	// in hex digits. If there are any, a relay has to have one of these keys, and it
	// does not matter who issued its certificate. They do not concern machines on the
	// same network that meet without a relay of their own.
	RelayPins []string
	// RelayPassword is the password of Relay, if that is a closed relay. A relay that
	// only a code names does not get it.
	RelayPassword string
	// Lanes are the lanes that may carry data; empty: all.
	Lanes []Lane
	// Private keeps the addresses of this machine from the peer. Everything goes
	// through a relay, which has to be named: by lanes of LaneRelay, and by those of
	// LaneWebRTC if the relay has TURN servers.
	Private bool
	// Name is what the peer is told as the name of this side, sealed, once it has proved
	// that it knows the code: at most 64 bytes of printable text. Nothing proves it to the
	// peer. If it is empty, none is told.
	Name string
	// StateDir is a folder in which a receiver remembers the codes that failed, for a
	// day and hashed, so that it does not try one twice, and the senders that it has
	// met, sealed with the code and a key of this machine, so that it finds them again
	// after it was killed. Likewise the downloads of stored transfers that it has claimed,
	// sealed with the link. It is created when it is needed. If it is empty, nothing is
	// remembered.
	StateDir string
	// Version identifies the program to relays and peers, for diagnostics; empty:
	// the version of this module.
	Version string
	// Logger receives debugging information; nil: nothing is logged.
	Logger *slog.Logger
}

// Client sends and receives. It may be used for any number of transfers at the
// same time.
type Client struct {
	link        link.Config
	meetings    *vault.Meetings // nil: none are remembered
	fetches     *vault.Meetings // downloads of stored transfers that were claimed; likewise
	descriptors descriptors.Budget
	log         *slog.Logger
}

// New returns a client. The error is an *Error of KindUsage if the relay's address,
// a pin, a lane or the name is invalid.
func New(c Config) (*Client, error) {
	if c.Relay != "" {
		if _, err := rendezvous.ParseRelay(c.Relay); err != nil {
			return nil, &Error{Kind: KindUsage, Reason: ReasonRelayName, Relay: c.Relay, Detail: err.Error(), Err: err}
		}
	}
	pins, err := relayPins(c.RelayPins)
	if err != nil {
		return nil, err
	}
	if c.RelayPassword != "" && !wire.ValidRelayPassword(c.RelayPassword) {
		return nil, &Error{Kind: KindUsage, Reason: ReasonRelayPasswordForm, Count: wire.MaxRelayPassword}
	}
	if len(c.Lanes) == 0 {
		c.Lanes = AllLanes()
	}
	var lanes wire.Lanes
	for _, l := range c.Lanes {
		kind, ok := l.kind()
		if !ok {
			return nil, &Error{Kind: KindUsage, Reason: ReasonLaneName, Detail: string(l)}
		}
		lanes |= kind
	}
	if c.Private && lanes == wire.LaneTCP {
		return nil, &Error{Kind: KindUsage, Reason: ReasonPrivateLanes}
	}
	if err := checkName(c.Name); err != nil {
		return nil, err
	}
	if c.Version == "" {
		c.Version = moduleVersion()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	client := &Client{descriptors: descriptors.OfProcess(), log: c.Logger, link: link.Config{
		Relay: c.Relay, RelayPins: pins, RelayPassword: c.RelayPassword,
		Lanes: lanes, Private: c.Private, Name: c.Name, Version: c.Version, Logger: c.Logger,
	}}
	if c.Private {
		client.link.Lanes &^= wire.LaneTCP
	} else {
		client.link.Local = localNetwork(c.Version, c.Logger)
	}
	if c.StateDir != "" {
		client.link.FailedCodes = vault.FailedCodes{Path: filepath.Join(c.StateDir, "failed-codes")}
		client.link.MachineKey = vault.MachineKey{Path: filepath.Join(c.StateDir, "machine-key")}
		client.meetings = &vault.Meetings{Dir: filepath.Join(c.StateDir, "meetings")}
		client.fetches = &vault.Meetings{Dir: filepath.Join(c.StateDir, "fetches")}
	}
	return client, nil
}

// moduleVersion returns the version of this module in the running program.
func moduleVersion() string {
	const module = "github.com/tallow-transfer/tallow"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return "unknown"
}

// kind returns the wire's value for a lane; false if there is no such lane.
func (l Lane) kind() (wire.Lanes, bool) {
	switch l {
	case LaneTCP:
		return wire.LaneTCP, true
	case LaneWebRTC:
		return wire.LaneWebRTC, true
	case LaneRelay:
		return wire.LaneRelay, true
	}
	return 0, false
}

func laneName(kind wire.Lanes) Lane {
	switch kind {
	case wire.LaneTCP:
		return LaneTCP
	case wire.LaneWebRTC:
		return LaneWebRTC
	}
	return LaneRelay
}
