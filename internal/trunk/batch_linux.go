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

// Sizes of what goes through one system call.
const (
	readMessages = 8 // each a datagram, or a train of datagrams
	trainBytes   = 64<<10 - 1
	maxTrain     = 63000 // bytes that go out as a train, under what IP allows
	maxCars      = 64    // datagrams in it, what every kernel with trains allows
)

// batched reads and sends several datagrams with one system call, and trains of
// equal ones as one message (UDP GRO and GSO) where the kernel knows them.
type batched struct {
	conn      *net.UDPConn
	packets   *ipv4.PacketConn // its batches serve IPv6 as well
	trains    atomic.Bool      // the kernel sends them
	undivided atomic.Bool      // datagrams are not cut on the way

	// Of the reader; nil until the socket is the path's.
	ready    atomic.Bool
	messages []ipv4.Message
	filled   []ipv4.Message // read, and not given out
	rest     []byte         // of the first of filled
	car      int            // size of the datagrams in it
	from     netip.AddrPort

	out []ipv4.Message // of the sender
}

func (b *batched) init(conn *net.UDPConn) {
	b.conn, b.packets = conn, ipv4.NewPacketConn(conn)
}

// prepare sets the socket up for much traffic.
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
			b.trains.Store(true)
		}
		_ = unix.SetsockoptInt(f, unix.SOL_UDP, unix.UDP_GRO, 1)
		err4 := unix.SetsockoptInt(f, unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		err6 := unix.SetsockoptInt(f, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
		b.undivided.Store(err4 == nil || err6 == nil)
	})
	b.ready.Store(true)
}

// whole says whether datagrams go through whole or not at all.
func (b *batched) whole() bool { return b.undivided.Load() }

// next reads a datagram, into buf or memory of its own.
func (b *batched) next(buf []byte) ([]byte, netip.AddrPort, error) {
	if !b.ready.Load() {
		n, from, err := b.conn.ReadFromUDPAddrPort(buf)
		return buf[:n], from, err
	}
	for len(b.rest) == 0 {
		if len(b.filled) == 0 {
			if err := b.fill(); err != nil {
				return nil, netip.AddrPort{}, err
			}
			continue
		}
		m := b.filled[0]
		b.filled = b.filled[1:]
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok || m.N == 0 {
			continue
		}
		b.from, b.rest = from.AddrPort(), m.Buffers[0][:m.N]
		b.car = carSize(m.OOB[:m.NN], m.N)
	}
	n := min(b.car, len(b.rest))
	packet := b.rest[:n]
	b.rest = b.rest[n:]
	return packet, b.from, nil
}

func (b *batched) fill() error {
	if b.messages == nil {
		b.messages = make([]ipv4.Message, readMessages)
		for i := range b.messages {
			b.messages[i] = ipv4.Message{
				Buffers: [][]byte{make([]byte, trainBytes)},
				OOB:     make([]byte, unix.CmsgSpace(4)),
			}
		}
	}
	n, err := b.packets.ReadBatch(b.messages, 0)
	if err != nil {
		return err
	}
	b.filled = b.messages[:n]
	return nil
}

// carSize is the size of the datagrams of a train of n bytes, n if it is none.
func carSize(control []byte, n int) int {
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

// send sends a batch; what the system does not take is lost.
func (b *batched) send(all batch, to netip.AddrPort) {
	b.out = b.out[:0]
	trains := b.trains.Load()
	address := net.UDPAddrFromAddrPort(to)
	rest, sizes := all.bytes, all.sizes
	for len(sizes) > 0 {
		cars, n := 1, sizes[0]
		for trains && cars < len(sizes) && cars < maxCars && n+sizes[cars] <= maxTrain && sizes[cars] <= sizes[0] {
			n += sizes[cars]
			cars++
			if sizes[cars-1] < sizes[0] {
				break // only the last one may be shorter
			}
		}
		m := ipv4.Message{Buffers: [][]byte{rest[:n]}, Addr: address}
		if cars > 1 {
			m.OOB = segmentControl(sizes[0])
		}
		b.out = append(b.out, m)
		rest, sizes = rest[n:], sizes[cars:]
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
			b.trains.Store(false) // the device cannot cut them
		}
		queue = queue[1:]
	}
}

// segmentControl is the control message that has a train cut into cars.
func segmentControl(size int) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	header := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	header.Level, header.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	header.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(size))
	return b
}
