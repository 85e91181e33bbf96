package trunk

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// flowQueue is how many datagrams of a flow wait to be read. The reader of the
// socket blocks when there are more, while the kernel's buffer fills.
const flowQueue = 128

// Flow is one flow of a trunk: a net.Conn that preserves the boundaries of
// datagrams.
type Flow struct {
	trunk *Trunk
	id    uint32
	sent  uint64 // datagrams sent; guarded by the outbox

	in   chan arrival
	done chan struct{} // closed by Close
	once sync.Once

	reading sync.Mutex
	replays replayDetector

	deadline sync.Mutex
	timer    *time.Timer
	expired  chan struct{} // closed when the read deadline has passed
}

// arrival is a datagram that has come.
type arrival struct {
	buf *[]byte
	ecn byte // the ECN bits that it came with
}

func newFlow(t *Trunk, id uint32) *Flow {
	return &Flow{
		trunk: t, id: id,
		in: make(chan arrival, flowQueue), done: make(chan struct{}), expired: make(chan struct{}),
		replays: newReplayDetector(),
	}
}

// ID returns the number of the flow, which is the same on both sides.
func (f *Flow) ID() uint32 { return f.id }

// Read reads the next datagram that is authentic and not a replay. It returns
// io.ErrShortBuffer, and drops the datagram, if b is too small.
func (f *Flow) Read(b []byte) (int, error) {
	n, _, err := f.ReadECN(b)
	return n, err
}

// ReadECN is Read, and returns the ECN bits of the datagram's IP header as well (RFC 3168,
// section 5). They are 0 where SeesECN is false.
func (f *Flow) ReadECN(b []byte) (n int, ecn byte, err error) {
	f.reading.Lock()
	defer f.reading.Unlock()
	for {
		var a arrival
		select {
		case a = <-f.in:
		default:
			select {
			case a = <-f.in:
			case <-f.done:
				return 0, 0, io.EOF
			case <-f.expired:
				return 0, 0, os.ErrDeadlineExceeded
			}
		}
		packet := *a.buf
		if len(packet)-Overhead > len(b) {
			f.trunk.buffers.put(a.buf)
			return 0, 0, io.ErrShortBuffer
		}
		payload, number, err := openPacket(b[:0], f.trunk.open, packet)
		f.trunk.buffers.put(a.buf)
		if err == nil && f.replays.accept(number) {
			return len(payload), a.ecn, nil
		}
	}
}

// deliver copies a datagram into the queue, with its ECN bits.
func (f *Flow) deliver(packet []byte, ecn byte) {
	buf := f.trunk.buffers.get(len(packet))
	copy(*buf, packet)
	select {
	case f.in <- arrival{buf, ecn}:
	case <-f.done:
		f.trunk.buffers.put(buf)
	}
}

// Write sends a datagram of at most MaxPayload bytes. The datagram is lost if there
// is no path. Write blocks while too much waits to be sent.
func (f *Flow) Write(b []byte) (int, error) { return f.WriteECN(b, 0) }

// WriteECN is Write, with the ECN bits of the datagram's IP header (RFC 3168, section 5).
// They are left out where SeesECN is false, and on the way to a TURN server.
func (f *Flow) WriteECN(b []byte, ecn byte) (int, error) {
	if len(b) > MaxPayload {
		return 0, errTooLarge
	}
	select {
	case <-f.done:
		return 0, net.ErrClosed
	default:
	}
	if !f.trunk.out.add(len(b)+Overhead, ecn, func(batch []byte) []byte {
		batch = appendSealed(batch, f.trunk.seal, f.id, f.sent, b)
		f.sent++
		return batch
	}) {
		return 0, net.ErrClosed
	}
	return len(b), nil
}

// Close closes the flow on this side. The peer is not told.
func (f *Flow) Close() error {
	f.once.Do(func() {
		close(f.done)
		f.trunk.remove(f)
	})
	return nil
}

// LocalAddr returns this side's address of the path, nil if there is none.
func (f *Flow) LocalAddr() net.Addr {
	if p := f.trunk.path.Load(); p != nil {
		return p.from.LocalAddr()
	}
	return nil
}

// RemoteAddr returns the peer's address of the path, nil if there is none.
func (f *Flow) RemoteAddr() net.Addr {
	if p := f.trunk.path.Load(); p != nil {
		return net.UDPAddrFromAddrPort(p.to)
	}
	return nil
}

// SetReadDeadline makes reads fail from a time on. Once the deadline has passed it
// cannot be moved.
func (f *Flow) SetReadDeadline(t time.Time) error {
	f.deadline.Lock()
	defer f.deadline.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	if !t.IsZero() {
		f.timer = time.AfterFunc(time.Until(t), sync.OnceFunc(f.expire))
	}
	return nil
}

func (f *Flow) expire() {
	f.deadline.Lock()
	defer f.deadline.Unlock()
	select {
	case <-f.expired:
	default:
		close(f.expired)
	}
}

// SetWriteDeadline does nothing: a write only ever waits for the sockets of this
// machine, and Close of the trunk ends it.
func (f *Flow) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline.
func (f *Flow) SetDeadline(t time.Time) error { return f.SetReadDeadline(t) }
