package handshake

import (
	"crypto/hmac"
	"slices"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// maxIncarnations bounds how many processes of the receiver a ResumeAcceptor
// remembers. Only a peer with the resume secret can add one, and a receiver that
// never crashes needs one.
const maxIncarnations = 64

// ResumeAcceptor is the sending side of all resumptions of one session. It
// answers, and remembers which generations it completed.
type ResumeAcceptor struct {
	params    ResumeParams
	attempt   *attempt // the latest that was answered; nil when none waits for Q3
	completed []completed
}

// attempt is a Q1 that was answered and whose Q3 has not come yet.
type attempt struct {
	result     Result
	commitment [32]byte // of Q1
	confirm    [32]byte // what Q3 must hold
	reflected  [32]byte // what Q2 held
}

// completed is the highest completed generation of one incarnation.
type completed struct {
	incarnation [16]byte
	generation  uint32
}

// NewResumeAcceptor makes the sender ready for its session's resumptions.
func NewResumeAcceptor(p ResumeParams) (*ResumeAcceptor, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	return &ResumeAcceptor{params: p}, nil
}

// HandleQ1 takes a receiver's first message, at any time, and returns Q2. Nothing
// proves yet who wrote it. An answered Q1 replaces an earlier one whose Q3 has not
// come; one that is refused changes nothing.
//
// Errors: ErrStale, AbortError, wire.ErrMalformed (also for a generation of 0 or
// over wire.MaxGeneration).
func (a *ResumeAcceptor) HandleQ1(q1 []byte) (q2 []byte, err error) {
	if err := aborted(q1); err != nil {
		return nil, err
	}
	m, err := wire.ParseQ1(q1)
	if err != nil {
		return nil, err
	}
	if i := a.find(m.Incarnation); i >= 0 && m.Generation <= a.completed[i].generation {
		return nil, ErrStale
	}
	answer := wire.Q2{}
	if err := draw(a.params.Rand, answer.Nonce[:]); err != nil {
		return nil, err
	}
	ss, err := encapsulate(a.params.Rand, &m.PublicKey, &answer.Ciphertext)
	if err != nil {
		return nil, err
	}
	s, err := newResumeSchedule(a.params, q1, answer.AppendUnconfirmed(nil), ss)
	if err != nil {
		return nil, err
	}
	answer.Confirmation = s.confirmSender
	a.attempt = &attempt{
		result:     Result{s.secrets, m.Incarnation, m.Generation},
		commitment: m.Commitment,
		confirm:    s.confirmReceiver,
		reflected:  s.confirmSender,
	}
	return answer.Append(nil), nil
}

// HandleQ3 takes the receiver's confirmation, which proves that it is the
// session's receiver, and the opening of Q1's commitment. After any error the
// attempt is over and the next Q1 begins another. If a Q1 came in place of Q3,
// because the receiver lost its connection again, the error is wire.ErrMalformed
// and HandleQ1 takes the message.
//
// Errors: ErrWrongPeer, ErrOpening, AbortError, wire.ErrMalformed, ErrReflected, ErrOrder.
func (a *ResumeAcceptor) HandleQ3(q3 []byte) (Result, error) {
	if a.attempt == nil {
		return Result{}, ErrOrder
	}
	run := a.attempt
	a.attempt = nil

	if err := aborted(q3); err != nil {
		return Result{}, err
	}
	m, err := wire.ParseQ3(q3)
	if err != nil {
		return Result{}, err
	}
	if m.Confirmation == run.reflected {
		return Result{}, ErrReflected
	}
	if !hmac.Equal(m.Confirmation[:], run.confirm[:]) {
		return Result{}, ErrWrongPeer
	}
	if err := checkOpening(run.commitment, m.Opening); err != nil {
		return Result{}, err
	}
	if err := run.result.Secrets.setVerify(m.Opening); err != nil {
		return Result{}, err
	}
	a.remember(completed{run.result.Incarnation, run.result.Generation})
	return run.result, nil
}

// find returns the index of an incarnation in completed, or -1.
func (a *ResumeAcceptor) find(incarnation [16]byte) int {
	return slices.IndexFunc(a.completed, func(c completed) bool { return c.incarnation == incarnation })
}

// remember puts c last, and forgets the least recently completed incarnation when
// there are too many. A replayed Q1 of a forgotten one is answered again and gets
// no further, because nobody can make its Q3.
func (a *ResumeAcceptor) remember(c completed) {
	if i := a.find(c.incarnation); i >= 0 {
		a.completed = slices.Delete(a.completed, i, i+1)
	}
	a.completed = append(a.completed, c)
	if len(a.completed) > maxIncarnations {
		a.completed = slices.Delete(a.completed, 0, 1)
	}
}
