package trunk

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

const (
	stunHeader = 20
	stunCookie = 0x2112a442
	// maxStreamMessage is the largest message on a connection to a TURN server.
	maxStreamMessage = stunHeader + 1<<16
)

// Stream is a TCP connection to a TURN server, for ICE. Like a Socket it handles the
// datagrams of the trunk inside. A connection that does not begin with STUN, as one
// of TLS, is left as it is.
type Stream struct {
	*net.TCPConn
	trunk *Trunk

	talks atomic.Bool // STUN, as the first write has shown
	began bool        // guarded by writing

	writing sync.Mutex
	scratch batch // used by the trunk's sender alone

	in   *bufio.Reader
	rest []byte // of the message that Read returns; a part of in's buffer
}

// Dial connects to a TURN server by TCP. ICE has to close the connection.
func (t *Trunk) Dial(network string, local, remote *net.TCPAddr) (*Stream, error) {
	conn, err := net.DialTCP(network, local, remote)
	if err != nil {
		return nil, err
	}
	return newStream(conn, t), nil
}

func newStream(conn *net.TCPConn, t *Trunk) *Stream {
	return &Stream{TCPConn: conn, trunk: t, in: bufio.NewReaderSize(conn, maxStreamMessage)}
}

// Write sends a message of the connection.
func (s *Stream) Write(b []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.began {
		s.began = true
		s.talks.Store(len(b) >= stunHeader && binary.BigEndian.Uint32(b[4:]) == stunCookie)
	}
	if channel, data, ok := parseChannel(b); ok && isDTLS(data) && s.talks.Load() {
		s.trunk.follow(s, netip.AddrPort{}, channel)
	}
	return s.TCPConn.Write(b)
}

// Read reads what is for the connection.
func (s *Stream) Read(b []byte) (int, error) {
	for len(s.rest) == 0 {
		head, err := s.in.Peek(channelHeader)
		if err != nil {
			return 0, err
		}
		if !s.talks.Load() {
			return s.in.Read(b)
		}
		size := int(binary.BigEndian.Uint16(head[2:]))
		if head[0]>>6 == 0 {
			size += stunHeader
		} else {
			size += channelHeader
			size += -size & (channelAlign - 1)
		}
		message, err := s.in.Peek(size)
		if err != nil {
			return 0, err
		}
		_, _ = s.in.Discard(size) // the message stays in the buffer until the next Peek
		if _, data, ok := parseChannel(message); !ok || !s.trunk.handle(data, 0) {
			s.rest = message
		}
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// ReadFrom and WriteTo do what those of a net.TCPConn do, without passing the trunk
// by.
func (s *Stream) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{s}, r)
}

// WriteTo is described at ReadFrom.
func (s *Stream) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}

// send sends a batch in a channel.
func (s *Stream) send(all batch, _ netip.AddrPort, channel uint16) {
	s.scratch = all.inChannel(s.scratch.emptied(), channel, channelAlign)
	s.writing.Lock()
	defer s.writing.Unlock()
	_, _ = s.TCPConn.Write(s.scratch.bytes) // what is lost is sent again
}

func (s *Stream) prepare() {}

// unfragmented returns false: a TURN server closes a connection on which a message
// is too long for it, so no sizes are tried.
func (s *Stream) unfragmented() bool { return false }
