//go:build !js

package tcp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// authTimeout bounds the exchange in which both ends of a new connection prove
// themselves and agree on the lane that it becomes.
const authTimeout = 5 * time.Second

// errRefused is the end of a connection that the sender has no use for.
var errRefused = errors.New("the sender does not want this connection")

// Peer says how to recognize the peer on a new connection, and what to do with
// one that is authenticated. Its functions are called from several goroutines.
type Peer struct {
	Key   [handshake.TCPKeySize]byte // known to the two peers alone
	Sends bool                       // this peer sends files, so it numbers the lanes
	// Number is needed where Sends is set. It gives an authenticated connection
	// the number of the lane that it becomes, or refuses it.
	Number func(*Conn) (id uint32, ok bool)
	// Attach takes over the carrier of the lane with that number.
	Attach func(id uint32, c *Conn)
}

// dial runs the dialer's part of the exchange. It closes the connection unless
// that becomes a lane. It calls commit once the peer is authenticated; if that
// fails so does the exchange, and else the connection must not be interrupted
// any more.
func (p Peer) dial(conn net.Conn, commit func() error) error {
	return p.exchange(conn, func() (uint32, *Conn, error) {
		dialer := handshake.ReceiverDials
		if p.Sends {
			dialer = handshake.SenderDials
		}
		proof := handshake.NewTCPProof(p.Key, dialer)
		if _, err := conn.Write(proof.Hello()); err != nil {
			return 0, nil, err
		}
		if err := receive(conn, wire.TCPAnswerSize, proof.CheckAnswer); err != nil {
			return 0, nil, err
		}
		if err := commit(); err != nil {
			return 0, nil, err
		}
		if p.Sends {
			return p.sendLane(conn, proof)
		}
		if _, err := conn.Write(proof.Confirm()); err != nil {
			return 0, nil, err
		}
		return receiveLane(conn, proof)
	})
}

// accept runs the acceptor's part. An end that does not know the key gets no
// answer.
func (p Peer) accept(conn net.Conn, commit func() error) error {
	return p.exchange(conn, func() (uint32, *Conn, error) {
		dialer := handshake.SenderDials
		if p.Sends {
			dialer = handshake.ReceiverDials
		}
		proof := handshake.NewTCPProof(p.Key, dialer)
		if err := receive(conn, wire.TCPHelloSize, proof.CheckHello); err != nil {
			return 0, nil, err
		}
		if _, err := conn.Write(proof.Answer()); err != nil {
			return 0, nil, err
		}
		if !p.Sends {
			id, c, err := receiveLane(conn, proof)
			if err == nil {
				err = commit()
			}
			return id, c, err
		}
		if err := receive(conn, wire.TCPConfirmSize, proof.CheckConfirm); err != nil {
			return 0, nil, err
		}
		if err := commit(); err != nil {
			return 0, nil, err
		}
		return p.sendLane(conn, proof)
	})
}

// exchange runs one end's part within authTimeout, and then attaches the
// connection or closes it.
func (p Peer) exchange(conn net.Conn, part func() (uint32, *Conn, error)) error {
	_ = conn.SetDeadline(time.Now().Add(authTimeout))
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

// sendLane tells the receiver which lane an authenticated connection becomes.
func (p Peer) sendLane(conn net.Conn, proof *handshake.TCPProof) (uint32, *Conn, error) {
	c := newConn(conn)
	id, ok := p.Number(c)
	if !ok {
		return 0, c, errRefused
	}
	_, err := conn.Write(proof.Lane(id))
	return id, c, err
}

// receiveLane is the receiver's part of sendLane.
func receiveLane(conn net.Conn, proof *handshake.TCPProof) (id uint32, c *Conn, err error) {
	err = receive(conn, wire.TCPLaneSize, func(m []byte) (err error) {
		id, err = proof.CheckLane(m)
		return err
	})
	if errors.Is(err, io.EOF) {
		err = errRefused
	}
	if err != nil {
		return 0, nil, err
	}
	return id, newConn(conn), nil
}

// receive reads exactly one message and checks it.
func receive(conn net.Conn, size int, check func([]byte) error) error {
	m := make([]byte, size)
	if _, err := io.ReadFull(conn, m); err != nil {
		return err
	}
	return check(m)
}
