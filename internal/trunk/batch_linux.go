package trunk

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// Sizes of what one system call reads or sends.
const (
	readMessages     = 8 // each a datagram, or several that the kernel has joined
	readMessageBytes = 64<<10 - 1
	maxSendBytes     = 63000 // of a message that the kernel segments; IP allows little more
	maxSegments      = 64    // datagrams in it; every kernel with GSO allows that many
)

// batched reads and sends several messages with one system call. With UDP GRO and
// GSO a message is several datagrams of one size, of which the last one may be
// shorter.
type batched struct {
	conn         *net.UDPConn
	packets      *ipv4.PacketConn // its batches work with IPv6 as well
	ready        atomic.Bool      // the socket is prepared
	gso          atomic.Bool      // the kernel segments messages
	dontFragment atomic.Bool      // the kernel does not fragment datagrams

	// Used by the reader alone.
	messages []ipv4.Message // nil until the first read of a prepared socket
	unread   []ipv4.Message // those of messages that next has not begun
	rest     []byte         // of the message that next is reading
	segment  int            // size of the datagrams in it
	from     netip.AddrPort

	out []ipv4.Message // used by the sender alone
}

func (b *batched) init(conn *net.UDPConn) {
	b.conn, b.packets = conn, ipv4.NewPacketConn(conn)
}

// prepare sets up the socket of the path for much traffic.
func (b *batched) prepare() {
	if b.ready.Load() {
		return
	}
	raw, err := b.conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		f := int(fd)
		if _, err := unix.GetsockoptInt(f, unix.SOL_UDP, unix.UDP_SEGMENT); err == nil {
			b.gso.Store(true)
		}
		_ = unix.SetsockoptInt(f, unix.SOL_UDP, unix.UDP_GRO, 1)
		err4 := unix.SetsockoptInt(f, unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		err6 := unix.SetsockoptInt(f, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
		b.dontFragment.Store(err4 == nil || err6 == nil)
	})
	b.ready.Store(true)
}

// unfragmented says whether datagrams are sent without fragmentation.
func (b *batched) unfragmented() bool { return b.dontFragment.Load() }

// next reads a datagram, into buf or into memory of its own. It is valid until the
// next call.
func (b *batched) next(buf []byte) ([]byte, netip.AddrPort, error) {
	if !b.ready.Load() {
		n, from, err := b.conn.ReadFromUDPAddrPort(buf)
		return buf[:n], from, err
	}
	for len(b.rest) == 0 {
		if len(b.unread) == 0 {
			if err := b.fill(); err != nil {
				return nil, netip.AddrPort{}, err
			}
			continue
		}
		m := b.unread[0]
		b.unread = b.unread[1:]
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok || m.N == 0 {
			continue
		}
		b.from, b.rest = from.AddrPort(), m.Buffers[0][:m.N]
		b.segment = segmentSize(m.OOB[:m.NN], m.N)
	}
	n := min(b.segment, len(b.rest))
	packet := b.rest[:n]
	b.rest = b.rest[n:]
	return packet, b.from, nil
}

// fill reads messages with one system call.
func (b *batched) fill() error {
	if b.messages == nil {
		b.messages = make([]ipv4.Message, readMessages)
		for i := range b.messages {
			b.messages[i] = ipv4.Message{
				Buffers: [][]byte{make([]byte, readMessageBytes)},
				OOB:     make([]byte, unix.CmsgSpace(4)),
			}
		}
	}
	n, err := b.packets.ReadBatch(b.messages, 0)
	if err != nil {
		return err
	}
	b.unread = b.messages[:n]
	return nil
}

// segmentSize returns the size of the datagrams in a message of n bytes, which is n
// if the kernel has not joined any.
func segmentSize(control []byte, n int) int {
	for len(control) >= unix.CmsgLen(0) {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		if header.Level == unix.SOL_UDP && header.Type == unix.UDP_GRO && len(data) >= 4 {
			if size := int(binary.NativeEndian.Uint32(data)); size > 0 {
				return size
			}
		}
		control = rest
	}
	return n
}

// send sends a batch. Datagrams that the system refuses are lost.
func (b *batched) send(all batch, to netip.AddrPort) {
	b.out = b.out[:0]
	gso := b.gso.Load()
	address := net.UDPAddrFromAddrPort(to)
	rest, sizes := all.bytes, all.sizes
	for len(sizes) > 0 {
		segments, n := 1, sizes[0]
		for gso && segments < len(sizes) && segments < maxSegments && n+sizes[segments] <= maxSendBytes && sizes[segments] <= sizes[0] {
			n += sizes[segments]
			segments++
			if sizes[segments-1] < sizes[0] {
				break // only the last one may be shorter
			}
		}
		m := ipv4.Message{Buffers: [][]byte{rest[:n]}, Addr: address}
		if segments > 1 {
			m.OOB = segmentControl(sizes[0])
		}
		b.out = append(b.out, m)
		rest, sizes = rest[n:], sizes[segments:]
	}
	for queue := b.out; len(queue) > 0; {
		n, err := b.packets.WriteBatch(queue, 0)
		if err == nil && n > 0 {
			queue = queue[n:]
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if errors.Is(err, unix.EIO) && len(queue[0].OOB) > 0 {
			b.gso.Store(false) // the network device cannot segment
		}
		queue = queue[1:]
	}
}

// segmentControl returns the control message that makes the kernel segment a message
// into datagrams of a size.
func segmentControl(size int) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	header := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	header.Level, header.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	header.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(size))
	return b
}
