//go:build !linux

package trunk

import (
	"net"
	"net/netip"
)

// batched reads and sends datagrams one by one, where the system has no more.
type batched struct {
	conn *net.UDPConn
	read []byte
}

// Some systems make an error of a datagram that is larger than the buffer.
func (b *batched) init(conn *net.UDPConn) { b.conn, b.read = conn, make([]byte, 64<<10) }

func (b *batched) prepare() {}

// whole says whether datagrams go through whole or not at all.
func (b *batched) whole() bool { return false }

// next reads a datagram, into buf or memory of its own.
func (b *batched) next([]byte) ([]byte, netip.AddrPort, error) {
	n, from, err := b.conn.ReadFromUDPAddrPort(b.read)
	return b.read[:n], from, err
}

// send sends a batch; what the system does not take is lost.
func (b *batched) send(all batch, to netip.AddrPort) { all.sendEach(b.conn, to) }
