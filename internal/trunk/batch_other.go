//go:build !linux

package trunk

import (
	"net"
	"net/netip"
)

// SeesECN says whether flows see and set ECN bits.
const SeesECN = false

// batched reads and sends datagrams one by one.
type batched struct {
	conn *net.UDPConn
	read []byte
}

// Some systems return an error for a datagram that is larger than the buffer.
func (b *batched) init(conn *net.UDPConn) { b.conn, b.read = conn, make([]byte, 64<<10) }

func (b *batched) prepare() {}

// unfragmented says whether datagrams are sent without fragmentation.
func (b *batched) unfragmented() bool { return false }

// next reads a datagram. It is valid until the next call.
func (b *batched) next([]byte) (packet []byte, ecn byte, from netip.AddrPort, err error) {
	n, from, err := b.conn.ReadFromUDPAddrPort(b.read)
	return b.read[:n], 0, from, err
}

// send sends a batch. Datagrams that the system refuses are lost.
func (b *batched) send(all batch, to netip.AddrPort) { all.sendEach(b.conn, to) }
