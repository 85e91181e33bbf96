package handshake

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// TCPKeySize is the size of the key by which the two ends of a TCP connection
// recognize each other: Secrets.Export("tcp lane", TCPKeySize).
const TCPKeySize = 32

// ErrTCPPeer means that the other end of a TCP connection did not prove that it
// is the peer.
var ErrTCPPeer = errors.New("the other end of the tcp connection is not the peer")

// TCPDialer says which peer dials a connection. The values are those of the
// roles in the handshake.
type TCPDialer byte

// The peers that may dial.
const (
	ReceiverDials TCPDialer = 1
	SenderDials   TCPDialer = 2
)

// TCPProof is one end of the exchange with which a TCP connection begins, before
// the first record. It is good for one connection.
//
//	dialer                                   acceptor
//	   | -- hello:   nonceD | proof ----------> |
//	   | <- answer:  nonceA | proof ----------- |
//	   | -- confirm: proof ------------------>  |   where the receiver dials
//	   | <- lane:    number | proof ----------> |   from the sender
//
// Each proof is an HMAC over its step, who dials, and the nonces so far, so no
// message is valid on another connection, in another place, or when reflected.
// An end without the key gets no answer. A replayed hello gets an answer and
// nothing else: the dialer must also prove the key over the acceptor's nonce.
//
// The methods named after a message return it. Those that begin with Check take
// the peer's message, and return ErrTCPPeer or wire.ErrMalformed unless it is
// the peer's next one.
type TCPProof struct {
	key    [TCPKeySize]byte
	dialer TCPDialer
	nonceD [32]byte
	nonceA [32]byte
}

// NewTCPProof starts the exchange on either end of a connection.
func NewTCPProof(key [TCPKeySize]byte, dialer TCPDialer) *TCPProof {
	p := &TCPProof{key: key, dialer: dialer}
	// Each end draws both nonces; its peer's message replaces the other one.
	_, _ = rand.Read(p.nonceD[:]) // never fails
	_, _ = rand.Read(p.nonceA[:])
	return p
}

// prove returns HMAC-SHA256(key, "tallow/2 tcp " || step || dialer || parts).
func (p *TCPProof) prove(step string, parts ...[]byte) (proof [32]byte) {
	h := hmac.New(sha256.New, p.key[:])
	h.Write([]byte("tallow/2 tcp " + step))
	h.Write([]byte{byte(p.dialer)})
	for _, b := range parts {
		h.Write(b)
	}
	return [32]byte(h.Sum(nil))
}

func (p *TCPProof) proveHello() [32]byte   { return p.prove("dial", p.nonceD[:]) }
func (p *TCPProof) proveAnswer() [32]byte  { return p.prove("answer", p.nonceD[:], p.nonceA[:]) }
func (p *TCPProof) proveConfirm() [32]byte { return p.prove("confirm", p.nonceD[:], p.nonceA[:]) }

func (p *TCPProof) proveLane(id uint32) [32]byte {
	return p.prove("lane", p.nonceD[:], p.nonceA[:], binary.BigEndian.AppendUint32(nil, id))
}

// Hello returns the dialer's first message.
func (p *TCPProof) Hello() []byte {
	return wire.TCPHello{Nonce: p.nonceD, Proof: p.proveHello()}.Append(nil)
}

// CheckHello takes the dialer's first message.
func (p *TCPProof) CheckHello(b []byte) error {
	m, err := wire.ParseTCPHello(b)
	if err != nil {
		return err
	}
	p.nonceD = m.Nonce
	return compare(m.Proof, p.proveHello())
}

// Answer returns the acceptor's answer to a hello that was checked.
func (p *TCPProof) Answer() []byte {
	return wire.TCPAnswer{Nonce: p.nonceA, Proof: p.proveAnswer()}.Append(nil)
}

// CheckAnswer takes the acceptor's answer.
func (p *TCPProof) CheckAnswer(b []byte) error {
	m, err := wire.ParseTCPAnswer(b)
	if err != nil {
		return err
	}
	p.nonceA = m.Nonce
	return compare(m.Proof, p.proveAnswer())
}

// Confirm returns the dialer's proof over the acceptor's nonce. Where the sender
// dials, Lane takes its place.
func (p *TCPProof) Confirm() []byte {
	return wire.TCPConfirm{Proof: p.proveConfirm()}.Append(nil)
}

// CheckConfirm takes the dialer's confirmation.
func (p *TCPProof) CheckConfirm(b []byte) error {
	m, err := wire.ParseTCPConfirm(b)
	if err != nil {
		return err
	}
	return compare(m.Proof, p.proveConfirm())
}

// Lane returns the sender's last message: the number of the lane that the
// connection becomes.
func (p *TCPProof) Lane(id uint32) []byte {
	return wire.TCPLane{Lane: id, Proof: p.proveLane(id)}.Append(nil)
}

// CheckLane takes the sender's last message and returns the lane's number.
func (p *TCPProof) CheckLane(b []byte) (id uint32, err error) {
	m, err := wire.ParseTCPLane(b)
	if err != nil {
		return 0, err
	}
	if err := compare(m.Proof, p.proveLane(m.Lane)); err != nil {
		return 0, err
	}
	return m.Lane, nil
}

// compare takes constant time.
func compare(proof, want [32]byte) error {
	if !hmac.Equal(proof[:], want[:]) {
		return ErrTCPPeer
	}
	return nil
}
