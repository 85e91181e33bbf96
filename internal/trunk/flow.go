package trunk

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// flowQueue is how many datagrams wait for a reader of a flow. The socket's
// reader waits while there are more, and the kernel's buffer takes what comes.
const flowQueue = 128

// Flow is one flow of a trunk, a net.Conn that keeps the bounds of datagrams.
type Flow struct {
	trunk *Trunk
	id    uint32
	sent  uint64 // datagrams; guarded by the outbox

	in   chan *[]byte
	done chan struct{} // closed by Close
	once sync.Once

	reading sync.Mutex
	replays replays

	deadline sync.Mutex
	timer    *time.Timer
	expired  chan struct{} // closed when the read deadline has passed
}

func newFlow(t *Trunk, id uint32) *Flow {
	return &Flow{
		trunk: t, id: id,
		in: make(chan *[]byte, flowQueue), done: make(chan struct{}), expired: make(chan struct{}),
	}
}

// ID is the flow's number, the same on both sides.
func (f *Flow) ID() uint32 { return f.id }

// Read reads the next datagram that is authentic and new.
func (f *Flow) Read(b []byte) (int, error) {
	f.reading.Lock()
	defer f.reading.Unlock()
	for {
		var buf *[]byte
		select {
		case buf = <-f.in:
		default:
			select {
			case buf = <-f.in:
			case <-f.done:
				return 0, io.EOF
			case <-f.expired:
				return 0, os.ErrDeadlineExceeded
			}
		}
		packet := *buf
		if len(packet)-Overhead > len(b) {
			f.trunk.buffers.put(buf)
			return 0, io.ErrShortBuffer
		}
		payload, n, err := openPacket(b[:0], f.trunk.open, packet)
		f.trunk.buffers.put(buf)
		if err == nil && f.replays.take(n) {
			return len(payload), nil
		}
	}
}

// deliver puts a datagram into the queue; packet is only good during the call.
func (f *Flow) deliver(packet []byte) {
	buf := f.trunk.buffers.get(len(packet))
	copy(*buf, packet)
	select {
	case f.in <- buf:
	case <-f.done:
		f.trunk.buffers.put(buf)
	}
}

// Write sends a datagram of at most MaxPayload bytes to where the path leads,
// nowhere while there is none. It waits while much is waiting to be sent.
func (f *Flow) Write(b []byte) (int, error) {
	if len(b) > MaxPayload {
		return 0, errTooLarge
	}
	select {
	case <-f.done:
		return 0, net.ErrClosed
	default:
	}
	if !f.trunk.out.add(len(b)+Overhead, func(batch []byte) []byte {
		batch = appendSealed(batch, f.trunk.seal, f.id, f.sent, b)
		f.sent++
		return batch
	}) {
		return 0, net.ErrClosed
	}
	return len(b), nil
}

// Close ends the flow on this side; the other side is not told.
func (f *Flow) Close() error {
	f.once.Do(func() {
		close(f.done)
		f.trunk.forget(f)
	})
	return nil
}

// LocalAddr is the address of the path on this side, nil while there is none.
func (f *Flow) LocalAddr() net.Addr {
	if p := f.trunk.path.Load(); p != nil {
		return p.from.LocalAddr()
	}
	return nil
}

// RemoteAddr is the address of the path on the other side, nil while there is none.
func (f *Flow) RemoteAddr() net.Addr {
	if p := f.trunk.path.Load(); p != nil {
		return net.UDPAddrFromAddrPort(p.to)
	}
	return nil
}

// SetReadDeadline ends reading at a time, for good.
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

// SetWriteDeadline does nothing: a write waits for the sockets of this machine
// only, and Close ends it.
func (f *Flow) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline.
func (f *Flow) SetDeadline(t time.Time) error { return f.SetReadDeadline(t) }
