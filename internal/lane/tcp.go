package lane

import (
	"bufio"
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

// tcpReadBuffer takes in several short records with one call of the system; of a
// long one the rest goes past it, into the caller's buffer.
const tcpReadBuffer = 64 << 10

// TCP is a carrier over one TCP connection. Each record goes behind its length:
//
//	length u32 | record
//
// Connections become carriers by DialTCP and ServeTCP, which have the other end
// prove itself first.
type TCP struct {
	conn net.Conn
	in   *bufio.Reader
	done chan struct{} // closed when this side has closed it
	once sync.Once

	inHead [tcpHeader]byte // of the reader

	// Of the writer.
	head  [tcpHeader]byte
	parts [2][]byte
	out   net.Buffers
}

func newTCP(conn net.Conn) *TCP {
	return &TCP{conn: conn, in: bufio.NewReaderSize(conn, tcpReadBuffer), done: make(chan struct{})}
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
// connection where a record ended.
func (c *TCP) ReadRecord(buf []byte) ([]byte, error) {
	switch _, err := io.ReadFull(c.in, c.inHead[:]); {
	case err == io.EOF:
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("read from the tcp connection: %w", err)
	}
	n := binary.BigEndian.Uint32(c.inHead[:])
	if n == 0 || n > wire.MaxRecord {
		return nil, fmt.Errorf("%w: a record of %d bytes on a tcp connection", wire.ErrMalformed, n)
	}
	if _, err := io.ReadFull(c.in, buf[:n]); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read from the tcp connection: %w", err)
	}
	return buf[:n], nil
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
