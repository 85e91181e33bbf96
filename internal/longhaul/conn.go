package longhaul

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Options are the parameters of a connection.
type Options struct {
	// Payload is the size, in bytes, of datagrams that every path carries.
	Payload int
	// Sizes are larger sizes that the path may carry, ascending. The connection finds
	// out which of them it does.
	Sizes []int
	// ECN says that both sides see the ECN bits of packets, so that the network may mark
	// them. The flow has to be an ECNFlow.
	ECN bool
	// MaxMessage is the size, in bytes, of the largest message.
	MaxMessage int
}

// batchBytes is the most that is sent at once, and batchPackets how many packets that
// are.
const (
	batchBytes   = 256 << 10
	batchPackets = 64
)

// errBroken is a connection whose flow has ended.
var errBroken = errors.New("the long-haul connection broke")

// ECNFlow is a flow that sees and sets the ECN bits (RFC 3168, section 5) of the IP headers
// of its datagrams.
type ECNFlow interface {
	net.Conn
	ReadECN(b []byte) (n int, ecn byte, err error)
	WriteECN(b []byte, ecn byte) (n int, err error)
}

// plainFlow is a flow that does not.
type plainFlow struct{ net.Conn }

func (f plainFlow) ReadECN(b []byte) (n int, ecn byte, err error) {
	n, err = f.Read(b)
	return n, 0, err
}

func (f plainFlow) WriteECN(b []byte, _ byte) (int, error) { return f.Write(b) }

// Conn is one end of a connection: messages that arrive once and in order, over a flow
// of datagrams that does neither.
type Conn struct {
	flow    ECNFlow
	options Options
	began   time.Time
	wake    chan struct{} // a token when there may be something to send
	heard   chan struct{} // closed when something has come from the peer
	done    chan struct{} // closed when the connection has ended
	running sync.WaitGroup
	closing sync.Once

	mu       sync.Mutex
	changed  sync.Cond // of reader and writer
	endpoint *endpoint
	err      error // why it ended; set before done is closed
	wasHeard bool
}

// New starts a connection on a flow, which it owns from now on. The peer does the same
// on its end. Close ends it.
func New(flow net.Conn, o Options) *Conn {
	marks, ok := flow.(ECNFlow)
	if !ok {
		marks = plainFlow{flow}
	}
	c := &Conn{
		flow: marks, options: o, began: time.Now(),
		wake: make(chan struct{}, 1), heard: make(chan struct{}), done: make(chan struct{}),
		endpoint: newEndpoint(settings{payload: o.Payload, sizes: o.Sizes, ecn: o.ECN && ok, seed: rand.Uint64()}),
	}
	c.changed.L = &c.mu
	c.endpoint.ping()
	c.running.Go(c.receive)
	c.running.Go(c.send)
	return c
}

// Await waits until something has come from the peer.
func (c *Conn) Await(ctx context.Context) error {
	select {
	case <-c.heard:
		return nil
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// now returns the time since the connection began, from 1.
func (c *Conn) now() time.Duration { return time.Since(c.began) + 1 }

// WriteMessage sends a message of 1 to Options.MaxMessage bytes. It blocks while the
// connection has enough to send, and does not retain b.
func (c *Conn) WriteMessage(b []byte) error {
	if len(b) == 0 || len(b) > c.options.MaxMessage {
		return errors.New("a message of a size that is not allowed")
	}
	c.mu.Lock()
	for c.err == nil && !c.endpoint.room() {
		c.changed.Wait()
	}
	err := c.err
	wake := false
	if err == nil {
		wake = c.endpoint.out.unsent() == 0
		c.endpoint.write(b)
	}
	c.mu.Unlock()
	if wake {
		c.wakeSender()
	}
	if errors.Is(err, io.EOF) {
		return errBroken
	}
	return err
}

// ReadMessage reads the next message into b, which has room for the largest, and
// returns the part of b that holds it. It returns io.EOF if the peer closed the
// connection.
func (c *Conn) ReadMessage(b []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		head, size, ok, err := c.endpoint.in.message(c.options.MaxMessage)
		if err != nil {
			return nil, err
		}
		if ok && !c.closedHere() {
			message, err := c.endpoint.in.take(b, head, size)
			if c.endpoint.in.windowDue {
				c.wakeSender()
			}
			return message, err
		}
		if c.err != nil {
			return nil, c.err
		}
		c.changed.Wait()
	}
}

// closedHere says whether Close was called; mu is held.
func (c *Conn) closedHere() bool { return errors.Is(c.err, net.ErrClosed) }

// Close ends the connection on both sides and waits for its goroutines. What was not
// sent yet is lost.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		c.mu.Lock()
		tell := c.err == nil
		packet := c.endpoint.buildClose(make([]byte, maxCloseSize), c.now())
		c.mu.Unlock()
		c.end(net.ErrClosed)
		for i := 0; tell && i < closeCopies; i++ {
			_, _ = c.flow.Write(packet)
		}
		_ = c.flow.Close()
	})
	c.running.Wait()
	return nil
}

// A CLOSE is not acknowledged, so it is sent more than once.
const (
	closeCopies  = 3
	maxCloseSize = 16
)

// end ends the connection. Only the first call has an effect.
func (c *Conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.done)
		c.changed.Broadcast()
	}
}

// wakeSender makes the sender look for something to do.
func (c *Conn) wakeSender() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// receive is the goroutine that takes the peer's packets.
func (c *Conn) receive() {
	buf := make([]byte, 64<<10)
	for {
		n, ecn, err := c.flow.ReadECN(buf)
		if errors.Is(err, io.ErrShortBuffer) {
			continue
		}
		if err == nil {
			err = c.handle(buf[:n], ecn)
		} else {
			err = errBroken
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// handle takes a packet, and wakes whom it concerns.
func (c *Conn) handle(packet []byte, ecn byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, e := c.now(), c.endpoint
	end, full := e.in.end, !e.room()
	if err := e.handle(packet, ecn, now); err != nil {
		return err
	}
	if !c.wasHeard {
		c.wasHeard = true
		close(c.heard)
	}
	if e.in.end != end || full && e.room() {
		c.changed.Broadcast()
	}
	if e.peerClosed {
		return io.EOF
	}
	c.wakeSender()
	return nil
}

// send is the goroutine that sends packets when they may be sent.
func (c *Conn) send() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	b := batch{bytes: make([]byte, batchBytes)}
	for {
		wait := c.fill(&b)
		rest := b.bytes
		for _, p := range b.packets {
			if _, err := c.flow.WriteECN(rest[:p.size], p.ecn); err != nil {
				c.end(errBroken)
				return
			}
			rest = rest[p.size:]
		}
		if len(b.packets) == batchPackets {
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.done:
			return
		}
	}
}

// batch is several packets, one after the other.
type batch struct {
	bytes   []byte
	packets []packet
}

// packet is what a batch says of one.
type packet struct {
	size int
	ecn  byte // to send it with
}

// fill fills a batch with what may be sent, and returns for how long nothing else may
// be.
func (c *Conn) fill(b *batch) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	full := !c.endpoint.room()
	b.packets = b.packets[:0]
	used, largest := 0, c.largest()
	for len(b.packets) < batchPackets && used+largest <= len(b.bytes) {
		made, ok := c.endpoint.next(b.bytes[used:used+largest], now)
		if !ok {
			break
		}
		p := packet{size: len(made)}
		if c.endpoint.capable {
			p.ecn = ecnCapable
		}
		used += p.size
		b.packets = append(b.packets, p)
	}
	if full && c.endpoint.room() {
		c.changed.Broadcast()
	}
	at := c.endpoint.deadline()
	if at == never {
		return time.Hour
	}
	return max(at-now, 0)
}

// largest returns the size of the largest packet.
func (c *Conn) largest() int {
	if n := len(c.options.Sizes); n > 0 {
		return max(c.options.Payload, c.options.Sizes[n-1])
	}
	return c.options.Payload
}

// Restart makes the connection look for the bandwidth of the path anew, as at its start.
// It is for when other traffic of this program has left the path: what that lost and
// delayed would bound the connection for seconds.
func (c *Conn) Restart() {
	c.mu.Lock()
	c.endpoint.cc.restart()
	c.mu.Unlock()
	c.wakeSender()
}

// RoundTrip returns the smoothed round-trip time, 0 if it is not known yet.
func (c *Conn) RoundTrip() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoint.loss.rtt.latest == 0 {
		return 0
	}
	return c.endpoint.loss.rtt.smoothed
}
