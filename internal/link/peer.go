package link

import (
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
)

// Role is the role of this side in a transfer. The sender also decides which
// direct lanes there are.
type Role uint8

// The roles.
const (
	Sender Role = iota + 1
	Receiver
)

// Peer is the other machine after it has proved itself in a room. Connect makes
// a Link to it.
type Peer struct {
	config      Config
	role        Role // of this side
	room        *rendezvous.Room
	secrets     *handshake.Secrets
	generation  uint32   // of the secrets; 0 after the handshake with the code
	incarnation [16]byte // of the receiver's process
	reconnector *reconnector
}

// VerifyBytes returns bytes that two people compare as words. They are equal on
// both sides unless there is an attacker in the middle.
func (p *Peer) VerifyBytes() [8]byte { return p.secrets.VerifyBytes() }

// Close leaves the room. It is for a peer for which Connect was not called.
func (p *Peer) Close() error { return p.room.Close() }

// keys returns the keys of the session.
func (p *Peer) keys() session.Keys {
	out, in := handshake.ReceiverToSender, handshake.SenderToReceiver
	if p.role == Sender {
		out, in = in, out
	}
	return session.Keys{
		ControlOut: p.secrets.ControlSecret(out), ControlIn: p.secrets.ControlSecret(in),
		DataOut: p.secrets.DataSecret(out), DataIn: p.secrets.DataSecret(in),
	}
}

// newPeer returns the peer that proved itself in the handshake with a code.
func newPeer(at location, r Role, room *rendezvous.Room, result *handshake.Result) (*Peer, error) {
	c, err := newReconnector(at, r, result)
	if err != nil {
		return nil, err
	}
	return c.peer(room, result), nil
}

// sameProcess reports whether the receiver's process is that of an earlier Peer,
// so that it still has the state of the transfer in memory.
func (p *Peer) sameProcess(earlier *Peer) bool { return p.incarnation == earlier.incarnation }
