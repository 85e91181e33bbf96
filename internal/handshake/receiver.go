package handshake

import (
	"crypto/hmac"
	"slices"

	"github.com/bwesterb/go-ristretto"
	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Receiver is the receiving side of one code handshake. It sends the first
// message.
type Receiver struct {
	m1         []byte
	started    bool // Start has returned m1
	next       byte // the number of the message that comes next: 2, 4; 0 when the run is over
	transcript transcript
	supported  supported

	scalar   *ristretto.Scalar
	share    [32]byte
	proposal []byte // ADa
	kem      *xwing.PrivateKey
	opening  [32]byte

	schedule schedule
}

// NewReceiver draws the keys of a run. Start returns its first message.
func NewReceiver(p Params) (*Receiver, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	var nonce [16]byte
	if err := draw(p.Rand, nonce[:]); err != nil {
		return nil, err
	}
	scalar, err := sampleScalar(p.Rand)
	if err != nil {
		return nil, err
	}
	var seed [xwing.SeedSize]byte
	if err := draw(p.Rand, seed[:]); err != nil {
		return nil, err
	}
	kem, public := xwing.DeriveKeyPair(seed[:])
	clear(seed[:])

	r := &Receiver{next: 2, transcript: newTranscript(p, nonce), supported: current(), scalar: scalar, kem: kem}
	if err := draw(p.Rand, r.opening[:]); err != nil {
		return nil, err
	}
	proposal := wire.Proposal{Role: wire.RoleReceiver, Versions: r.supported.versions, Suites: r.supported.suites}
	public.Pack(proposal.PublicKey[:])
	r.proposal = proposal.Append(nil)
	r.share = encodedMult(scalar, generator([]byte(p.Words), r.transcript.ci, r.transcript.sid))
	r.transcript.m1 = wire.M1{Nonce: nonce, Share: r.share, Commitment: commit(r.opening), Proposal: r.proposal}.Append(nil)
	r.m1 = slices.Clone(r.transcript.m1)
	return r, nil
}

// HandleM2 takes the sender's answer and returns M3. The sender has not proved
// yet that it knows the code.
//
// Errors: AbortError, wire.ErrMalformed, VersionError, ErrPoint, ErrReflected,
// ErrOrder.
func (r *Receiver) HandleM2(m2 []byte) (m3 []byte, err error) {
	if r.next != 2 {
		return nil, ErrOrder
	}
	r.next = 0 // unless this message is good
	scalar, kem := r.scalar, r.kem
	r.scalar, r.kem = nil, nil

	if err := aborted(m2); err != nil {
		return nil, err
	}
	m, err := wire.ParseM2(m2)
	if err != nil {
		return nil, err
	}
	choice, err := wire.ParseChoice(m.Choice)
	if err != nil {
		return nil, err
	}
	if choice.Role != wire.RoleSender || m.Share == r.share {
		return nil, ErrReflected
	}
	if err := r.supported.check(choice); err != nil {
		return nil, err
	}
	k, err := encodedMultVerified(scalar, m.Share)
	if err != nil {
		return nil, err
	}
	ss := make([]byte, xwing.SharedKeySize)
	kem.DecapsulateTo(ss, choice.Ciphertext[:])

	r.transcript.m2 = m2
	isk := intermediateKey(r.transcript.sid, k, r.share, r.proposal, m.Share, m.Choice)
	r.schedule, err = newSchedule(r.transcript, isk, ss)
	r.transcript = transcript{}
	if err != nil {
		return nil, err
	}
	if err := r.schedule.secrets.setVerify(r.opening); err != nil {
		return nil, err
	}
	r.next = 4
	return wire.M3{Confirmation: r.schedule.confirmReceiver, Opening: r.opening}.Append(nil), nil
}

// HandleM4 takes the sender's confirmation, which proves that the sender knows the
// code.
//
// Errors: ErrWrongCode, AbortError, wire.ErrMalformed, ErrReflected, ErrOrder.
func (r *Receiver) HandleM4(m4 []byte) (*Secrets, error) {
	if r.next != 4 {
		return nil, ErrOrder
	}
	r.next = 0
	s := r.schedule
	r.schedule = schedule{}

	if err := aborted(m4); err != nil {
		return nil, err
	}
	m, err := wire.ParseM4(m4)
	if err != nil {
		return nil, err
	}
	if m.Confirmation == s.confirmReceiver {
		return nil, ErrReflected
	}
	if !hmac.Equal(m.Confirmation[:], s.confirmSender[:]) {
		return nil, ErrWrongCode
	}
	return s.secrets, nil
}
