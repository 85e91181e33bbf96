package lane

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// tcpHeader is what goes before each record: its length.
const tcpHeader = 4

// TCP is a carrier over one TCP connection. Each record goes behind its length:
//
//	length u32 | record
//
// Connections become carriers by DialTCP and ServeTCP, which have the other end
// prove itself first.
type TCP struct {
	conn net.Conn
	done chan struct{} // closed when this side has closed it
	once sync.Once

	// Of the reader: what is known of the next record's header.
	next  [tcpHeader]byte
	known int

	// Of the writer.
	head  [tcpHeader]byte
	parts [2][]byte
	out   net.Buffers
}

func newTCP(conn net.Conn) *TCP {
	return &TCP{conn: conn, done: make(chan struct{})}
}

// WriteRecord sends a record, with its header in one call of the system.
func (c *TCP) WriteRecord(rec []byte) error {
	if len(rec) == 0 || len(rec) > wire.MaxRecord {
		return fmt.Errorf("a record of %d bytes does not fit into a tcp lane", len(rec))
	}
	binary.BigEndian.PutUint32(c.head[:], uint32(len(rec)))
	c.parts[0], c.parts[1] = c.head[:], rec
	c.out = c.parts[:] // WriteTo eats it up
	if _, err := c.out.WriteTo(c.conn); err != nil {
		return fmt.Errorf("write to the tcp connection: %w", err)
	}
	return nil
}

// ReadRecord reads the next record. io.EOF means that the peer closed the
// connection where a record ended. While records follow each other closely, one
// is read with the header of the next by one call of the system, and without a
// copy.
func (c *TCP) ReadRecord(buf []byte) ([]byte, error) {
	for c.known < tcpHeader {
		n, err := c.conn.Read(c.next[c.known:])
		c.known += n
		switch {
		case n > 0:
		case err == io.EOF && c.known == 0:
			return nil, io.EOF
		default:
			return nil, readError(err)
		}
	}
	size := int(binary.BigEndian.Uint32(c.next[:]))
	if size == 0 || size > wire.MaxRecord {
		return nil, fmt.Errorf("%w: a record of %d bytes on a tcp connection", wire.ErrMalformed, size)
	}
	have := 0
	for have < size {
		n, err := c.conn.Read(buf[have : size+tcpHeader])
		have += n
		if n == 0 {
			return nil, readError(err)
		}
	}
	c.known = copy(c.next[:], buf[size:have])
	return buf[:size], nil
}

// readError is for a connection that ends where it must not.
func readError(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read from the tcp connection: %w", err)
}

// Close ends the connection. What the system has taken still goes out.
func (c *TCP) Close() error {
	c.once.Do(func() {
		close(c.done)
		_ = c.conn.Close()
	})
	return nil
}

// Done is closed when this side has closed the connection.
func (c *TCP) Done() <-chan struct{} { return c.done }

// Path is the addresses of a connection's two ends, without their ports.
type Path struct{ Local, Remote netip.Addr }

// Path is the addresses between which the connection runs.
func (c *TCP) Path() Path { return Path{addrOf(c.conn.LocalAddr()), addrOf(c.conn.RemoteAddr())} }

// Remote is the address and port of the other end.
func (c *TCP) Remote() netip.AddrPort {
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
