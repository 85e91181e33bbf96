package webrtc

import (
	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Conn is a carrier over one data channel. It implements lane.Carrier.
type Conn struct {
	connection PeerConnection
	relayed    bool
}

// traits are those of the data channel and of the associations beside it. They
// all use the path that ICE has found, so they share a congestion window.
func traits(relayed bool) lane.Traits {
	t := lane.Traits{Kind: wire.LaneWebRTC, Direct: true, Rank: lane.RankWebRTC, Standby: true, SharedPath: "ice"}
	if relayed {
		t.Direct, t.Rank = false, lane.RankTURN
	}
	return t
}

// Relayed reports whether the path goes through a TURN server.
func (c *Conn) Relayed() bool { return c.relayed }

// Traits describes the carrier.
func (c *Conn) Traits() lane.Traits { return traits(c.relayed) }

// WriteRecord sends a record. It blocks while too much is buffered.
func (c *Conn) WriteRecord(rec []byte) error { return c.connection.WriteRecord(rec) }

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// connection.
func (c *Conn) ReadRecord(buf []byte) ([]byte, error) { return c.connection.ReadRecord(buf) }

// Close closes the connection with all its associations, and waits for their
// goroutines.
func (c *Conn) Close() error { return c.connection.Close() }
