package link

import (
	"github.com/tallow-transfer/tallow/internal/handshake"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
	"github.com/tallow-transfer/tallow/internal/session"
)

// Role says which end of a transfer this side is. The sender also decides which
// direct lanes there are.
type Role uint8

// The roles.
const (
	Sender Role = iota + 1
	Receiver
)

// Peer is the other machine once it has proved itself in a room: what a Link is
// made with.
type Peer struct {
	config      Config
	role        Role // of this side
	room        *rendezvous.Room
	secrets     *handshake.Secrets
	generation  uint32   // of the resumption that gave the secrets; 0 if the code's handshake did
	incarnation [16]byte // of the receiver's process
	reconnector *reconnector
}

// VerifyBytes are for two people to compare, as words: they are the same on both
// sides if nobody is between them.
func (p *Peer) VerifyBytes() [8]byte { return p.secrets.VerifyBytes() }

// Close leaves the room of a peer to which nothing was connected.
func (p *Peer) Close() error { return p.room.Close() }

// keys are the session's keys of this side.
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

// newPeer is the peer that proved itself in the handshake of a code.
func newPeer(at location, r Role, room *rendezvous.Room, result *handshake.Result) (*Peer, error) {
	again, err := newReconnector(at, r, result)
	if err != nil {
		return nil, err
	}
	return again.found(room, result), nil
}

// sameProcess says whether the receiver's process is the one of an earlier
// Peer, so that it still has its memory of the transfer.
func (p *Peer) sameProcess(earlier *Peer) bool { return p.incarnation == earlier.incarnation }
