package lane

import (
	"net"
	"syscall"
)

// DialOne is the dial of one address, in the caller's goroutine.
var DialOne = dialOne

// Socket is the connection's socket.
func (c *TCP) Socket() syscall.Conn { return c.conn.(*net.TCPConn) }

// NewTCP is a carrier over a connection that has nothing to prove.
func NewTCP(conn net.Conn) *TCP { return newTCP(conn) }

// TCPProof is the bytes that one end of a connection says and takes.
type TCPProof struct{ *tcpProof }

// NewTCPProof is one with known nonces.
func NewTCPProof(key [TCPKeySize]byte, senderDials bool, nonceD, nonceA [32]byte) TCPProof {
	role := receiverDials
	if senderDials {
		role++
	}
	return TCPProof{&tcpProof{key: key, role: role, nonceD: nonceD, nonceA: nonceA}}
}

// Hello and the others are its messages.
func (p TCPProof) Hello() []byte                    { return p.hello() }
func (p TCPProof) Answer() []byte                   { return p.answer() }
func (p TCPProof) Confirm() []byte                  { return p.confirm() }
func (p TCPProof) Lane(id uint32) []byte            { return p.lane(id) }
func (p TCPProof) TakeHello(m []byte) bool          { return p.takeHello(m) }
func (p TCPProof) TakeAnswer(m []byte) bool         { return p.takeAnswer(m) }
func (p TCPProof) TakeConfirm(m []byte) bool        { return p.takeConfirm(m) }
func (p TCPProof) TakeLane(m []byte) (uint32, bool) { return p.takeLane(m) }
