package lane

import (
	"errors"
	"net/netip"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Carrier is a reliable, ordered transport of whole records of at most
// wire.MaxRecord bytes each.
type Carrier interface {
	// WriteRecord sends one record. It blocks while the transport is full, is not
	// called concurrently, and does not retain rec.
	WriteRecord(rec []byte) error
	// ReadRecord reads the next record into buf, which has wire.ReadBuffer bytes,
	// and returns the part of buf that holds it. It returns io.EOF if the peer
	// closed the transport, and another error if the transport broke.
	ReadRecord(buf []byte) ([]byte, error)
	// Traits describes the carrier. It always returns the same value.
	Traits() Traits
	// Close ends the transport and unblocks both WriteRecord and ReadRecord. It
	// may be called more than once.
	Close() error
}

// ErrRefused is wrapped by the error of a carrier that has been refused for good:
// another one of its kind will not carry the data of this session either.
var ErrRefused = errors.New("the carrier is refused")

// Traits describe a carrier to the session, which ranks its lanes by them.
type Traits struct {
	// Kind is the carrier's bit in wire.Hello. Both peers must allow it. It also
	// labels events and byte counters, and decides nothing else.
	Kind wire.Lanes
	// Direct carriers run from machine to machine. Others carry data only while
	// no direct one can, and no indirect one of a higher rank.
	Direct bool
	// Rank orders carriers: control messages use the lane of the highest rank.
	Rank int
	// Standby carriers start in standby when a direct lane of a higher rank is
	// already up. The session's user puts them to work if they help.
	Standby bool
	// SharedPath names the network path that the carrier shares with all others
	// of the same SharedPath. Together they keep to one congestion window. It is
	// empty for a carrier that needs no more than a window of its own.
	SharedPath string
	// Paced carriers keep the queues of their path short by themselves, so the
	// session lets them have in flight what they take.
	Paced bool
}

// Excludes reports whether a carrier with other traits carries no data while one
// with these can.
func (t Traits) Excludes(other Traits) bool {
	return !other.Direct && (t.Direct || t.Rank > other.Rank)
}

// RoundTripper is a Carrier that can measure the round-trip time of its path.
type RoundTripper interface {
	// RoundTrip returns the latest sample, or 0 if there is none since the last
	// call.
	RoundTrip() time.Duration
}

// Addressed is a Carrier that knows the address of the peer's machine, as this machine
// sees it: that of a NAT, if the peer is behind one.
type Addressed interface {
	// PeerAddress returns the address, without a port; the zero Addr if it is not known.
	PeerAddress() netip.Addr
}

// Ranks of the carriers that exist. A new carrier may use any number between. A TURN
// server carries the packets of the peers' own SCTP, which is slower than TCP to
// the relay and from it.
const (
	RankTURN    = 5
	RankRelayed = 10
	RankWebRTC  = 20
	RankTCP     = 30
)
