package relay

import (
	"cmp"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Limits bound what one client, and all of them together, can have of a relay. A
// client is an IPv4 address or the /64 of an IPv6 one. Zero values mean the
// defaults; where a limit can be negative, that means none.
type Limits struct {
	// MaxConnections is how many peers may be connected at a time: two for each of
	// MaxRooms and a tenth more by default.
	MaxConnections int
	// ConnectionsPerClient is how many of them may come from one client; 250 by
	// default.
	ConnectionsPerClient int
	// RoomsPerClient is how many codes one client may have open at a time, 100 by
	// default. It also bounds its share of the short nameplates.
	RoomsPerClient int
	// JoinsPerNameplate is how often a minute receivers may join the room of one
	// nameplate, whoever they are, after a burst of a third of that; 60 by default.
	JoinsPerNameplate int
	// BytesPerSecondPerClient is how fast all peers of one client together may send,
	// 0 for no limit. Config.BytesPerSecond is for each peer.
	BytesPerSecondPerClient int
	// BytesPerSecondPerRoom is how fast the two peers of a room together may send, 0
	// for no limit.
	BytesPerSecondPerRoom int
	// BytesPerRoom is how many bytes of payload the two peers of a room together may
	// send through it, 0 for no limit. Then the room ends. Two peers that meet again in
	// a resume room have as much once more: the relay cannot tell that they are the
	// same.
	BytesPerRoom int
	// TotalBytesPerSecond is how fast all peers together may send, 0 for no limit.
	TotalBytesPerSecond int
	// SilentTimeout is after how long a room ends in which nothing is said although
	// its code is burnt, or both peers of a resume room are there: 10 minutes by
	// default. Peers that are alive say something every few seconds.
	SilentTimeout time.Duration
}

// withDefaults fills in what is left out.
func (l Limits) withDefaults(maxRooms int) (Limits, error) {
	l.MaxConnections = cmp.Or(l.MaxConnections, 2*maxRooms+maxRooms/5+10)
	l.ConnectionsPerClient = cmp.Or(l.ConnectionsPerClient, 250)
	l.RoomsPerClient = cmp.Or(l.RoomsPerClient, 100)
	l.JoinsPerNameplate = cmp.Or(l.JoinsPerNameplate, 60)
	l.SilentTimeout = cmp.Or(l.SilentTimeout, 10*time.Minute)
	switch {
	case l.SilentTimeout < time.Minute:
		return Limits{}, errors.New("SilentTimeout: at least a minute")
	case l.BytesPerSecondPerClient < 0, l.BytesPerSecondPerRoom < 0, l.TotalBytesPerSecond < 0:
		return Limits{}, errors.New("bytes per second: not negative")
	case l.BytesPerRoom < 0:
		return Limits{}, errors.New("BytesPerRoom: not negative")
	}
	return l, nil
}

// quota returns what one client may have.
func (l Limits) quota() quota {
	return quota{
		sockets: withHeadroom(l.ConnectionsPerClient), connections: l.ConnectionsPerClient,
		rooms: l.RoomsPerClient, bytesPerSecond: l.BytesPerSecondPerClient,
	}
}

// withHeadroom returns the limit of TCP connections for a limit of peers. It is
// higher, so that one peer too many hears why it is refused.
func withHeadroom(connections int) int {
	if connections < 0 {
		return connections
	}
	return connections + connections/8 + 16
}

// How long clients are told to wait where nothing is known of when it gets better.
const (
	quotaRetry = 30 * time.Second
	fullRetry  = time.Minute
)

// refusal is why something is refused, and when to try again. The zero refusal is
// none.
type refusal struct {
	code  wire.RoomErrorCode
	retry time.Duration
}
