package handshake

import (
	"crypto/hmac"
	"errors"
	"slices"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Resumer is the receiving side of one resumption: it speaks first. One that
// failed is followed by another, of a higher generation.
type Resumer struct {
	params ResumeParams
	nonce  [16]byte
	q1     []byte
	kem    *xwing.PrivateKey // nil when the run is over
}

// NewResumer starts a resumption and returns Q1, to be posted to the sender.
//
// Incarnation is what this process drew from crypto/rand when it started: the
// sender sees by it whether the receiver's memory of the transfer is still
// there. Generation is higher than in any earlier Q1 with the same incarnation.
func NewResumer(p ResumeParams, incarnation [16]byte, generation uint32) (r *Resumer, q1 []byte, err error) {
	p, err = p.check()
	if err != nil {
		return nil, nil, err
	}
	if incarnation == [16]byte{} {
		return nil, nil, errors.New("a resumption needs an incarnation, drawn at random")
	}
	m := wire.Q1{Incarnation: incarnation, Generation: generation}
	if err := draw(p.Rand, m.Nonce[:]); err != nil {
		return nil, nil, err
	}
	var seed [xwing.SeedSize]byte
	if err := draw(p.Rand, seed[:]); err != nil {
		return nil, nil, err
	}
	kem, public := xwing.DeriveKeyPair(seed[:])
	clear(seed[:])
	public.Pack(m.PublicKey[:])
	r = &Resumer{params: p, nonce: m.Nonce, q1: m.Append(nil), kem: kem}
	return r, slices.Clone(r.q1), nil
}

// HandleQ2 takes the sender's answer, which proves that it is the session's
// sender, and returns Q3 and the session's new secrets. Q3 is to be posted
// before anything that is sealed with them. That the sender got Q3 shows only
// in what it seals with them itself.
//
// Errors: ErrWrongPeer, AbortError, wire.ErrMalformed, ErrReflected, ErrOrder.
func (r *Resumer) HandleQ2(q2 []byte) (q3 []byte, secrets *Secrets, err error) {
	if r.kem == nil {
		return nil, nil, ErrOrder
	}
	run := *r
	*r = Resumer{}

	if err := aborted(q2); err != nil {
		return nil, nil, err
	}
	m, err := wire.ParseQ2(q2)
	if err != nil {
		return nil, nil, err
	}
	if m.Nonce == run.nonce {
		return nil, nil, ErrReflected
	}
	ss := make([]byte, xwing.SharedKeySize)
	run.kem.DecapsulateTo(ss, m.Ciphertext[:])
	s, err := newResumeSchedule(run.params, run.q1, m.AppendUnconfirmed(nil), ss)
	if err != nil {
		return nil, nil, err
	}
	if !hmac.Equal(m.Confirmation[:], s.confirmSender[:]) {
		return nil, nil, ErrWrongPeer
	}
	return wire.Q3{Confirmation: s.confirmReceiver}.Append(nil), s.secrets, nil
}
