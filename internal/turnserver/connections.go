package turnserver

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of TCP connections.
const (
	maxConnections  = 4096
	acceptPause     = 100 * time.Millisecond // after an accept that failed
	firstByteLimit  = 15 * time.Second
	silenceLimit    = 11 * time.Minute // allocations are refreshed every few minutes
	writeStallLimit = 15 * time.Second // then the peer is gone; pion/turn waits for a write
)

// connections bounds the connections of a listener.
type connections struct {
	net.Listener
	perAddress int
	done       chan struct{} // closed by Close
	closing    sync.Once

	mu   sync.Mutex
	open map[*connection]struct{}
	by   map[netip.Prefix]int
}

func newConnections(l net.Listener, perAddress int) *connections {
	return &connections{Listener: l, perAddress: perAddress, done: make(chan struct{}), open: make(map[*connection]struct{}), by: make(map[netip.Prefix]int)}
}

// Accept returns the next connection that is within the bounds.
func (l *connections) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil { // for example, too many files are open
			l.pause()
			continue
		}
		c := &connection{Conn: conn, owner: l, key: clientKey(conn.RemoteAddr())}
		if l.enter(c) {
			_ = conn.SetReadDeadline(time.Now().Add(firstByteLimit))
			return c, nil
		}
		_ = conn.Close()
	}
}

// pause waits a moment, or until Close.
func (l *connections) pause() {
	timer := time.NewTimer(acceptPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.done:
	}
}

func (l *connections) enter(c *connection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() || len(l.open) >= maxConnections || l.by[c.key] >= l.perAddress {
		return false
	}
	l.open[c] = struct{}{}
	l.by[c.key]++
	return true
}

func (l *connections) isClosed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func (l *connections) leave(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.open[c]; !open {
		return
	}
	delete(l.open, c)
	if l.by[c.key]--; l.by[c.key] == 0 {
		delete(l.by, c.key)
	}
}

// Close closes the listener and all connections.
func (l *connections) Close() error {
	l.closing.Do(func() { close(l.done) })
	err := l.Listener.Close()
	l.mu.Lock()
	open := make([]*connection, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	return err
}

// connection ends when it is silent for too long.
type connection struct {
	net.Conn
	owner *connections
	key   netip.Prefix
}

func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		_ = c.SetReadDeadline(time.Now().Add(silenceLimit))
	}
	return n, err
}

func (c *connection) Write(b []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(writeStallLimit))
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.Close() // half a message is out
	}
	return n, err
}

func (c *connection) Close() error {
	c.owner.leave(c)
	return c.Conn.Close()
}

// clientKey returns what counts as one client: an IPv4 address, or an IPv6 /64.
func clientKey(addr net.Addr) netip.Prefix {
	var ip netip.Addr
	switch a := addr.(type) {
	case *net.UDPAddr:
		ip = a.AddrPort().Addr()
	case *net.TCPAddr:
		ip = a.AddrPort().Addr()
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	key, _ := ip.Prefix(bits) // the zero prefix for the zero address
	return key
}
