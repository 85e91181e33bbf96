package lane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// tcpProofTime is how long the two ends of a connection have to prove themselves
// and to agree on what it becomes.
const tcpProofTime = 5 * time.Second

// errStranger is an end that has not proved that it is the peer.
var errStranger = errors.New("the other end of the connection is not the peer")

// errUnwanted is a connection that the sender has no use for.
var errUnwanted = errors.New("the sender does not want this connection")

// TCPPeer is how to know the peer at the other end of a connection, and what
// becomes of one that is proven. Its functions are called from several
// goroutines.
type TCPPeer struct {
	Key   [TCPKeySize]byte // which nobody but the two peers has
	Sends bool             // this side sends files, so it numbers lanes
	// Number is the sending side's: it gives a proven connection the number of
	// the lane that it becomes, unless it is not wanted.
	Number func(*TCP) (id uint32, wanted bool)
	// Attach takes the carrier over for the lane with that number.
	Attach func(id uint32, c *TCP)
}

// dial is the dialler's part on a new connection, which it closes unless that
// becomes a lane. proven is called once the other end has proved itself: the
// connection is not to be interrupted from then on. An error of it ends it.
func (p TCPPeer) dial(conn net.Conn, proven func() error) error {
	return p.agree(conn, func() (uint32, *TCP, error) {
		role := receiverDials
		if p.Sends {
			role = senderDials
		}
		proof := newTCPProof(p.Key, role)
		if _, err := conn.Write(proof.hello()); err != nil {
			return 0, nil, err
		}
		answer, err := read(conn, tcpAnswerSize)
		if err != nil {
			return 0, nil, err
		}
		if !proof.takeAnswer(answer) {
			return 0, nil, errStranger
		}
		if err := proven(); err != nil {
			return 0, nil, err
		}
		if p.Sends {
			return p.number(conn, proof)
		}
		if _, err := conn.Write(proof.confirm()); err != nil {
			return 0, nil, err
		}
		return takeNumber(conn, proof)
	})
}

// accept is the acceptor's part. It says nothing to a stranger.
func (p TCPPeer) accept(conn net.Conn, proven func() error) error {
	return p.agree(conn, func() (uint32, *TCP, error) {
		role := senderDials
		if p.Sends {
			role = receiverDials
		}
		proof := newTCPProof(p.Key, role)
		hello, err := read(conn, tcpHelloSize)
		if err != nil {
			return 0, nil, err
		}
		if !proof.takeHello(hello) {
			return 0, nil, errStranger
		}
		if _, err := conn.Write(proof.answer()); err != nil {
			return 0, nil, err
		}
		if !p.Sends {
			id, c, err := takeNumber(conn, proof)
			if err == nil {
				err = proven()
			}
			return id, c, err
		}
		confirm, err := read(conn, tcpConfirmSize)
		if err != nil {
			return 0, nil, err
		}
		if !proof.takeConfirm(confirm) {
			return 0, nil, errStranger
		}
		if err := proven(); err != nil {
			return 0, nil, err
		}
		return p.number(conn, proof)
	})
}

// agree runs one end's part within its time, and closes the connection or hands
// it over.
func (p TCPPeer) agree(conn net.Conn, part func() (uint32, *TCP, error)) error {
	_ = conn.SetDeadline(time.Now().Add(tcpProofTime))
	id, c, err := part()
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		if c != nil {
			_ = c.Close()
		}
		return fmt.Errorf("set up a tcp connection: %w", err)
	}
	p.Attach(id, c)
	return nil
}

// number has the sender say which lane a proven connection becomes.
func (p TCPPeer) number(conn net.Conn, proof *tcpProof) (uint32, *TCP, error) {
	c := newTCP(conn)
	id, wanted := p.Number(c)
	if !wanted {
		return 0, c, errUnwanted
	}
	_, err := conn.Write(proof.lane(id))
	return id, c, err
}

// takeNumber is the receiver's side of it.
func takeNumber(conn net.Conn, proof *tcpProof) (uint32, *TCP, error) {
	m, err := read(conn, tcpLaneSize)
	if errors.Is(err, io.EOF) {
		err = errUnwanted
	}
	if err != nil {
		return 0, nil, err
	}
	id, ok := proof.takeLane(m)
	if !ok {
		return 0, nil, errStranger
	}
	return id, newTCP(conn), nil
}

// read reads one message. What is behind it is not touched.
func read(conn net.Conn, size int) ([]byte, error) {
	m := make([]byte, size)
	_, err := io.ReadFull(conn, m)
	return m, err
}
