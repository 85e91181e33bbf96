package handshake

import (
	"crypto/hmac"
	"errors"
	"slices"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Resumer is the receiving side of all resumptions of one session. It sends the
// first message. A run that failed uses nothing up: Start begins another.
type Resumer struct {
	params      ResumeParams
	incarnation [16]byte
	generation  uint32 // of the latest run

	run *resumerRun // nil between two runs
}

// resumerRun is a run whose Q2 has not come yet.
type resumerRun struct {
	nonce   [16]byte
	q1      []byte
	kem     *xwing.PrivateKey
	opening [32]byte
}

// NewResumer makes the receiver ready for its session's resumptions.
//
// Incarnation names this process: Result.Incarnation for the process that ran the
// code handshake, and random bytes for one that was started again. The sender
// sees by it whether the receiver still has its memory of the transfer.
// Generations are counted from 1.
func NewResumer(p ResumeParams, incarnation [16]byte) (*Resumer, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	if incarnation == [16]byte{} {
		return nil, errors.New("a resumption needs an incarnation")
	}
	return &Resumer{params: p, incarnation: incarnation}, nil
}

// Start begins a run of the next generation and returns its Q1. It drops a run
// that is not finished. It returns ErrGenerations after wire.MaxGeneration runs.
func (r *Resumer) Start() ([]byte, error) {
	r.run = nil
	if r.generation == wire.MaxGeneration {
		return nil, ErrGenerations
	}
	m := wire.Q1{Incarnation: r.incarnation, Generation: r.generation + 1}
	if err := draw(r.params.Rand, m.Nonce[:]); err != nil {
		return nil, err
	}
	var seed [xwing.SeedSize]byte
	if err := draw(r.params.Rand, seed[:]); err != nil {
		return nil, err
	}
	kem, public := xwing.DeriveKeyPair(seed[:])
	clear(seed[:])
	public.Pack(m.PublicKey[:])
	run := &resumerRun{nonce: m.Nonce, kem: kem}
	if err := draw(r.params.Rand, run.opening[:]); err != nil {
		return nil, err
	}
	m.Commitment = commit(run.opening)
	run.q1 = m.Append(nil)
	r.generation, r.run = m.Generation, run
	return slices.Clone(r.run.q1), nil
}

// HandleQ2 takes the sender's answer, which proves that it is the session's
// sender, and returns Q3 and the session's new secrets. Q3 must be sent before
// anything that is sealed with them. Only the sender's own sealed records show
// that Q3 has arrived.
//
// Errors: ErrWrongPeer, AbortError, wire.ErrMalformed, ErrReflected, ErrOrder.
func (r *Resumer) HandleQ2(q2 []byte) (q3 []byte, secrets *Secrets, err error) {
	if r.run == nil {
		return nil, nil, ErrOrder
	}
	run := *r.run
	r.run = nil

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
	s, err := newResumeSchedule(r.params, run.q1, m.AppendUnconfirmed(nil), ss)
	if err != nil {
		return nil, nil, err
	}
	if !hmac.Equal(m.Confirmation[:], s.confirmSender[:]) {
		return nil, nil, ErrWrongPeer
	}
	if err := s.secrets.setVerify(run.opening); err != nil {
		return nil, nil, err
	}
	return wire.Q3{Confirmation: s.confirmReceiver, Opening: run.opening}.Append(nil), s.secrets, nil
}
