//go:build !js

package tcp

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// headerSize is the size of the length before each record.
const headerSize = 4

// Conn is a carrier over one TCP connection. It implements lane.Carrier. Each
// record follows its length:
//
//	length u32 | record
//
// Dial and Serve turn connections into carriers once the peer has proved itself.
type Conn struct {
	conn net.Conn
	done chan struct{} // closed by Close
	once sync.Once

	// Owned by the reader: the bytes of the next record's header read so far.
	header     [headerSize]byte
	headerRead int

	// Owned by the writer.
	head  [headerSize]byte
	parts [2][]byte
	out   net.Buffers
}

func newConn(conn net.Conn) *Conn {
	return &Conn{conn: conn, done: make(chan struct{})}
}

// Traits describes the carrier. TCP has congestion control of its own, so it
// shares no window with others.
func (c *Conn) Traits() lane.Traits {
	return lane.Traits{Kind: wire.LaneTCP, Direct: true, Rank: lane.RankTCP}
}

// WriteRecord sends a record, with its header in one system call.
func (c *Conn) WriteRecord(rec []byte) error {
	if len(rec) == 0 || len(rec) > wire.MaxRecord {
		return fmt.Errorf("a record of %d bytes does not fit into a tcp lane", len(rec))
	}
	binary.BigEndian.PutUint32(c.head[:], uint32(len(rec)))
	c.parts[0], c.parts[1] = c.head[:], rec
	c.out = c.parts[:] // WriteTo consumes it
	if _, err := c.out.WriteTo(c.conn); err != nil {
		return fmt.Errorf("write to the tcp connection: %w", err)
	}
	return nil
}

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// connection between two records. Under load one system call reads a record
// together with the header of the next one, without a copy.
func (c *Conn) ReadRecord(buf []byte) ([]byte, error) {
	for c.headerRead < headerSize {
		n, err := c.conn.Read(c.header[c.headerRead:])
		c.headerRead += n
		switch {
		case n > 0:
		case err == io.EOF && c.headerRead == 0:
			return nil, io.EOF
		default:
			return nil, readError(err)
		}
	}
	size := int(binary.BigEndian.Uint32(c.header[:]))
	if size == 0 || size > wire.MaxRecord {
		return nil, fmt.Errorf("%w: a record of %d bytes on a tcp connection", wire.ErrMalformed, size)
	}
	have := 0
	for have < size {
		n, err := c.conn.Read(buf[have : size+headerSize])
		have += n
		if n == 0 {
			return nil, readError(err)
		}
	}
	c.headerRead = copy(c.header[:], buf[size:have])
	return buf[:size], nil
}

// readError wraps the error of a connection that ended inside a record.
func readError(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read from the tcp connection: %w", err)
}

// Close closes the connection. The system still sends what it has buffered.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.done)
		_ = c.conn.Close()
	})
	return nil
}

// Done is closed when this peer has closed the connection.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Path is the addresses of a connection's two ends, without their ports.
type Path struct{ Local, Remote netip.Addr }

// Path returns the addresses between which the connection runs.
func (c *Conn) Path() Path { return Path{addrOf(c.conn.LocalAddr()), addrOf(c.conn.RemoteAddr())} }

// PeerAddress returns the address of the other end.
func (c *Conn) PeerAddress() netip.Addr { return addrOf(c.conn.RemoteAddr()) }

// Remote returns the address and port of the other end.
func (c *Conn) Remote() netip.AddrPort {
	if at, ok := c.conn.RemoteAddr().(*net.TCPAddr); ok {
		return netip.AddrPortFrom(addrOf(at), uint16(at.Port))
	}
	return netip.AddrPort{}
}

func addrOf(a net.Addr) netip.Addr {
	if at, ok := a.(*net.TCPAddr); ok {
		return at.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
