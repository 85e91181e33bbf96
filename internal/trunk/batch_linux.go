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

// SeesECN says whether flows see and set ECN bits.
const SeesECN = true

// ecnBits are those of the byte in an IP header that was once the type of service.
const ecnBits = 3

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
	ecn      byte           // the same
	from     netip.AddrPort
	control  []byte // of messages before that

	out []ipv4.Message // used by the sender alone
}

func (b *batched) init(conn *net.UDPConn) {
	b.conn, b.packets, b.control = conn, ipv4.NewPacketConn(conn), make([]byte, controlSpace())
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		// One of them fails on a socket of the other family.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_RECVTOS, 1)
		_ = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVTCLASS, 1)
	})
}

// controlSpace is the room for the control messages of what is read: UDP_GRO, and IP_TOS
// or IPV6_TCLASS.
func controlSpace() int { return 2 * unix.CmsgSpace(4) }

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

// next reads a datagram with its ECN bits, into buf or into memory of its own. It is valid
// until the next call.
func (b *batched) next(buf []byte) (packet []byte, ecn byte, from netip.AddrPort, err error) {
	if !b.ready.Load() {
		n, controls, _, from, err := b.conn.ReadMsgUDPAddrPort(buf, b.control)
		if err != nil {
			return nil, 0, from, err
		}
		_, ecn := readControls(b.control[:controls], n)
		return buf[:n], ecn, from, nil
	}
	for len(b.rest) == 0 {
		if len(b.unread) == 0 {
			if err := b.fill(); err != nil {
				return nil, 0, netip.AddrPort{}, err
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
		b.segment, b.ecn = readControls(m.OOB[:m.NN], m.N)
	}
	n := min(b.segment, len(b.rest))
	packet = b.rest[:n]
	b.rest = b.rest[n:]
	return packet, b.ecn, b.from, nil
}

// fill reads messages with one system call.
func (b *batched) fill() error {
	if b.messages == nil {
		b.messages = make([]ipv4.Message, readMessages)
		for i := range b.messages {
			b.messages[i] = ipv4.Message{
				Buffers: [][]byte{make([]byte, readMessageBytes)},
				OOB:     make([]byte, controlSpace()),
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

// readControls returns what the control messages of a message of n bytes say: the size of
// the datagrams in it, which is n if the kernel has not joined any, and their ECN bits. The
// kernel joins only datagrams with the same bits.
func readControls(control []byte, n int) (segment int, ecn byte) {
	segment = n
	for len(control) >= unix.CmsgLen(0) {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		switch {
		case header.Level == unix.SOL_UDP && header.Type == unix.UDP_GRO && len(data) >= 4:
			if size := int(binary.NativeEndian.Uint32(data)); size > 0 {
				segment = size
			}
		case header.Level == unix.SOL_IP && header.Type == unix.IP_TOS && len(data) >= 1:
			ecn = data[0] & ecnBits
		case header.Level == unix.SOL_IPV6 && header.Type == unix.IPV6_TCLASS && len(data) >= 4:
			ecn = byte(binary.NativeEndian.Uint32(data)) & ecnBits
		}
		control = rest
	}
	return segment, ecn
}

// send sends a batch. Datagrams that the system refuses are lost.
func (b *batched) send(all batch, to netip.AddrPort) {
	b.out = b.out[:0]
	gso := b.gso.Load()
	address := net.UDPAddrFromAddrPort(to)
	rest, datagrams := all.bytes, all.datagrams
	for len(datagrams) > 0 {
		first := datagrams[0]
		segments, n := 1, first.size
		for gso && segments < len(datagrams) && segments < maxSegments {
			next := datagrams[segments]
			if next.size > first.size || next.ecn != first.ecn || n+next.size > maxSendBytes {
				break
			}
			n += next.size
			segments++
			if next.size < first.size {
				break // only the last one may be shorter
			}
		}
		m := ipv4.Message{Buffers: [][]byte{rest[:n]}, Addr: address}
		if segments > 1 {
			m.OOB = appendControl(m.OOB, unix.SOL_UDP, unix.UDP_SEGMENT, binary.NativeEndian.AppendUint16(nil, uint16(first.size)))
		}
		if first.ecn != 0 {
			m.OOB = appendECN(m.OOB, to.Addr(), first.ecn)
		}
		b.out = append(b.out, m)
		rest, datagrams = rest[n:], datagrams[segments:]
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
		if errors.Is(err, unix.EIO) {
			b.gso.Store(false) // the network device cannot segment, which is what it means of UDP
		}
		queue = queue[1:]
	}
}

// appendECN appends the control message that sets the ECN bits of what is sent to an
// address.
func appendECN(b []byte, to netip.Addr, ecn byte) []byte {
	value := binary.NativeEndian.AppendUint32(nil, uint32(ecn))
	if to.Is4() || to.Is4In6() {
		return appendControl(b, unix.SOL_IP, unix.IP_TOS, value)
	}
	return appendControl(b, unix.SOL_IPV6, unix.IPV6_TCLASS, value)
}

// appendControl appends a control message.
func appendControl(b []byte, level, kind int32, value []byte) []byte {
	start := len(b)
	b = append(b, make([]byte, unix.CmsgSpace(len(value)))...)
	header := (*unix.Cmsghdr)(unsafe.Pointer(&b[start]))
	header.Level, header.Type = level, kind
	header.SetLen(unix.CmsgLen(len(value)))
	copy(b[start+unix.CmsgLen(0):], value)
	return b
}
