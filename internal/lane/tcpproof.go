package lane

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// TCPKeySize is the size of the key by which the ends of a connection know each
// other.
const TCPKeySize = 32

// tcpNonce is the size of each end's nonce.
const tcpNonce = 32

// Sizes of the messages with which a connection begins.
const (
	tcpHelloSize   = tcpNonce + sha256.Size
	tcpAnswerSize  = tcpNonce + sha256.Size
	tcpConfirmSize = sha256.Size
	tcpLaneSize    = 4 + sha256.Size
)

// tcpRole is which peer dials, numbered as in the handshake.
type tcpRole byte

const (
	receiverDials tcpRole = 1
	senderDials   tcpRole = 2
)

// tcpProof is what the two ends of a new connection say before any record, as
// far as it is bytes. Every message is a proof of the key over the nonces so far
// and over who dials, so that none is of use elsewhere, or to its own maker.
//
//	dialler                                  acceptor
//	   | -- hello:   nonceD | proof ----------> |
//	   | <- answer:  nonceA | proof ----------- |
//	   | -- confirm: proof ------------------>  |   where the receiver dials
//	   | <- lane:    number | proof ----------> |   from the sender
//
// Nothing is said to a stranger, and a hello alone gets nobody a lane: whoever
// dials has to prove itself over the acceptor's nonce, too.
type tcpProof struct {
	key    [TCPKeySize]byte
	role   tcpRole
	nonceD [tcpNonce]byte
	nonceA [tcpNonce]byte
}

// newTCPProof is a dialler's with its nonce drawn, and an acceptor's likewise.
func newTCPProof(key [TCPKeySize]byte, role tcpRole) *tcpProof {
	p := &tcpProof{key: key, role: role}
	_, _ = rand.Read(p.nonceD[:]) // never fails
	_, _ = rand.Read(p.nonceA[:]) // whichever is the other end's is taken from it
	return p
}

// prove is HMAC-SHA256(key, "tallow/2 tcp " || step || role || parts).
func (p *tcpProof) prove(step string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, p.key[:])
	h.Write([]byte("tallow/2 tcp " + step))
	h.Write([]byte{byte(p.role)})
	for _, b := range parts {
		h.Write(b)
	}
	return h.Sum(nil)
}

func (p *tcpProof) hello() []byte {
	return append(p.nonceD[:], p.prove("dial", p.nonceD[:])...)
}

// takeHello and the others of its kind take the other end's message, and say
// whether it is that of the peer.
func (p *tcpProof) takeHello(m []byte) bool {
	if len(m) != tcpHelloSize {
		return false
	}
	p.nonceD = [tcpNonce]byte(m)
	return hmac.Equal(m[tcpNonce:], p.prove("dial", p.nonceD[:]))
}

func (p *tcpProof) answer() []byte {
	return append(p.nonceA[:], p.prove("answer", p.nonceD[:], p.nonceA[:])...)
}

func (p *tcpProof) takeAnswer(m []byte) bool {
	if len(m) != tcpAnswerSize {
		return false
	}
	p.nonceA = [tcpNonce]byte(m)
	return hmac.Equal(m[tcpNonce:], p.prove("answer", p.nonceD[:], p.nonceA[:]))
}

func (p *tcpProof) confirm() []byte { return p.prove("confirm", p.nonceD[:], p.nonceA[:]) }

func (p *tcpProof) takeConfirm(m []byte) bool { return hmac.Equal(m, p.confirm()) }

func (p *tcpProof) lane(id uint32) []byte {
	number := binary.BigEndian.AppendUint32(nil, id)
	return slices.Concat(number, p.prove("lane", p.nonceD[:], p.nonceA[:], number))
}

func (p *tcpProof) takeLane(m []byte) (id uint32, ok bool) {
	if len(m) != tcpLaneSize {
		return 0, false
	}
	id = binary.BigEndian.Uint32(m)
	return id, hmac.Equal(m, p.lane(id))
}
