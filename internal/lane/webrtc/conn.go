package webrtc

import (
	"net/netip"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Conn is a carrier over one data channel. It implements lane.Carrier.
type Conn struct {
	connection PeerConnection
	relayed    bool
	peer       netip.Addr // of the path; zero if it is not known
}

// newConn makes a carrier of a connection that has found its path.
func newConn(c PeerConnection) *Conn {
	conn := &Conn{connection: c, relayed: c.Relayed()}
	if a, ok := c.(lane.Addressed); ok { // not a browser's
		conn.peer = a.PeerAddress()
	}
	return conn
}

// traits are those of the data channel.
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

// PeerAddress returns the address of the other end of the path, which is that of a TURN
// server if the path is relayed; the zero Addr in a browser.
func (c *Conn) PeerAddress() netip.Addr { return c.peer }

// WriteRecord sends a record. It blocks while too much is buffered.
func (c *Conn) WriteRecord(rec []byte) error { return c.connection.WriteRecord(rec) }

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// connection.
func (c *Conn) ReadRecord(buf []byte) ([]byte, error) { return c.connection.ReadRecord(buf) }

// Close closes the connection with what is beside the data channel, and waits for its
// goroutines.
func (c *Conn) Close() error { return c.connection.Close() }
