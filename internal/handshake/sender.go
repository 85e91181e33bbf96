package handshake

import (
	"crypto/hmac"
	"fmt"
	"io"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Sender is the sending side of one code handshake. It answers, and its first
// message burns the code.
type Sender struct {
	next      byte // the number of the message that comes next: 1, 3; 0 when the run is over
	params    Params
	supported supported

	commitment [32]byte // of M1
	schedule   schedule
}

// NewSender makes the sender ready for the first M1.
func NewSender(p Params) (*Sender, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	return &Sender{next: 1, params: p, supported: current()}, nil
}

// HandleM1 takes a receiver's first message and returns M2. It burns the code:
// every later call returns ErrBurnt, whatever the first message was, so that
// nobody gets two guesses.
//
// Errors: ErrBurnt, AbortError, wire.ErrMalformed, VersionError, ErrPoint,
// ErrReflected.
func (s *Sender) HandleM1(m1 []byte) (m2 []byte, err error) {
	if s.next != 1 {
		return nil, ErrBurnt
	}
	s.next = 0 // unless this message is good
	p := s.params
	s.params = Params{}

	if err := aborted(m1); err != nil {
		return nil, err
	}
	m, err := wire.ParseM1(m1)
	if err != nil {
		return nil, err
	}
	proposal, err := wire.ParseProposal(m.Proposal)
	if err != nil {
		return nil, err
	}
	if proposal.Role != wire.RoleReceiver {
		return nil, ErrReflected
	}
	choice := wire.Choice{Role: wire.RoleSender}
	choice.Version, choice.Suite, err = s.supported.choose(proposal)
	if err != nil {
		return nil, err
	}
	return s.answer(p, m1, m, proposal, choice)
}

// answer makes M2 and derives what HandleM3 needs.
func (s *Sender) answer(p Params, m1 []byte, m wire.M1, proposal wire.Proposal, choice wire.Choice) (m2 []byte, err error) {
	scalar, err := sampleScalar(p.Rand)
	if err != nil {
		return nil, err
	}
	k, err := encodedMultVerified(scalar, m.Share)
	if err != nil {
		return nil, err
	}
	ss, err := encapsulate(p.Rand, &proposal.PublicKey, &choice.Ciphertext)
	if err != nil {
		return nil, err
	}

	t := newTranscript(p, m.Nonce)
	answer := wire.M2{
		Share:  encodedMult(scalar, generator([]byte(p.Words), t.ci, t.sid)),
		Choice: choice.Append(nil),
	}
	t.m1, t.m2 = m1, answer.Append(nil)
	isk := intermediateKey(t.sid, k, m.Share, m.Proposal, answer.Share, answer.Choice)
	s.schedule, err = newSchedule(t, isk, ss)
	if err != nil {
		return nil, err
	}
	s.commitment = m.Commitment
	s.next = 3
	return t.m2, nil
}

// encapsulate runs X-Wing to the receiver's key.
func encapsulate(random io.Reader, key *[wire.XWingPublicKeySize]byte, ciphertext *[wire.XWingCiphertextSize]byte) (ss []byte, err error) {
	var public xwing.PublicKey
	if err := public.Unpack(key[:]); err != nil {
		return nil, fmt.Errorf("%w: X-Wing public key: %v", wire.ErrMalformed, err)
	}
	seed := make([]byte, xwing.EncapsulationSeedSize)
	if err := draw(random, seed); err != nil {
		return nil, err
	}
	ss = make([]byte, xwing.SharedKeySize)
	public.EncapsulateTo(ciphertext[:], ss, seed)
	return ss, nil
}

// HandleM3 takes the receiver's confirmation, which proves that the receiver knows
// the code, and the opening of M1's commitment. M4 must be sent before anything
// that is sealed with the secrets.
//
// Errors: ErrWrongCode, ErrOpening, AbortError, wire.ErrMalformed, ErrOrder.
func (s *Sender) HandleM3(m3 []byte) (m4 []byte, secrets *Secrets, err error) {
	if s.next != 3 {
		return nil, nil, ErrOrder
	}
	s.next = 0
	sched := s.schedule
	s.schedule = schedule{}

	if err := aborted(m3); err != nil {
		return nil, nil, err
	}
	m, err := wire.ParseM3(m3)
	if err != nil {
		return nil, nil, err
	}
	if !hmac.Equal(m.Confirmation[:], sched.confirmReceiver[:]) {
		return nil, nil, ErrWrongCode
	}
	if err := checkOpening(s.commitment, m.Opening); err != nil {
		return nil, nil, err
	}
	if err := sched.secrets.setVerify(m.Opening); err != nil {
		return nil, nil, err
	}
	return wire.M4{Confirmation: sched.confirmSender}.Append(nil), sched.secrets, nil
}
