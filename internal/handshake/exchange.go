package handshake

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Exchange is one side of a handshake: a [Receiver], [Sender], [Resumer] or
// [ResumeAcceptor]. One driver can run any of them over a room:
//
//   - When the peer is in the room, send what Start returns, unless it is nil.
//   - Hand each message of the peer to Handle and send the reply. Before that, if
//     BurnsCode reports true, tell the relay that the code is burnt.
//   - Ignore a message that Handle answers with ErrOrder: no run waits for it.
//   - On any other error of Handle, send [AbortMessage] of it and give up.
//   - When Handle returns a Result, the peer is authenticated. Send the reply
//     first, then whatever the new secrets seal.
//   - When the peer leaves, or the connection to the room breaks, call
//     Interrupted. If it returns nil, the exchange can begin again.
//
// An Exchange does no input or output and has no timers. It is not safe for
// concurrent use.
type Exchange interface {
	// Start begins a run and returns its first message; nil for the side that
	// answers.
	Start() ([]byte, error)

	// Handle takes the peer's next message. It returns the reply, nil if there
	// is none to send, and, at the end of the run, what both sides agreed on. The
	// code handshake is over after an error; a resumption can be tried again.
	Handle(m []byte) (reply []byte, result *Result, err error)

	// BurnsCode reports whether the next message burns the code, whatever that
	// message holds.
	BurnsCode() bool

	// Interrupted tells the exchange that the peer or the room was lost. It
	// returns ErrInterrupted if the code had been used by then, since there is no
	// second run with the same code.
	Interrupted() error
}

var (
	_ Exchange = (*Receiver)(nil)
	_ Exchange = (*Sender)(nil)
	_ Exchange = (*Resumer)(nil)
	_ Exchange = (*ResumeAcceptor)(nil)
)

// ErrInterrupted means that the peer or the room was lost after the code had
// been used, and before both sides had proved that they know it.
var ErrInterrupted = errors.New("the handshake was interrupted after the code was used")

// Result is what the two sides of a finished exchange agree on.
type Result struct {
	// Secrets are the session's new secrets.
	Secrets *Secrets

	// Incarnation names the receiver's process. After a resumption it is the same
	// as before if the receiver still has its memory of the transfer, and another
	// one if it was started again.
	Incarnation [16]byte

	// Generation is 0 for the code handshake. For a resumption it is higher than
	// that of any earlier one with the same Incarnation.
	Generation uint32
}

// codeResult is the Result of a code handshake. The receiver's process is named
// by a value that both sides derive.
func codeResult(s *Secrets) (*Result, error) {
	r := &Result{Secrets: s}
	incarnation, err := s.Export("incarnation", len(r.Incarnation))
	if err != nil {
		return nil, err
	}
	copy(r.Incarnation[:], incarnation)
	return r, nil
}

// Start returns M1. A Receiver has one run: a second call is ErrOrder.
func (r *Receiver) Start() ([]byte, error) {
	if r.started {
		return nil, ErrOrder
	}
	r.started = true
	return r.m1, nil
}

// Handle takes M2 and then M4.
func (r *Receiver) Handle(m []byte) ([]byte, *Result, error) {
	if !r.started {
		return nil, nil, ErrOrder
	}
	if r.next != 4 {
		m3, err := r.HandleM2(m)
		return m3, nil, err
	}
	secrets, err := r.HandleM4(m)
	if err != nil {
		return nil, nil, err
	}
	result, err := codeResult(secrets)
	return nil, result, err
}

// BurnsCode is false: the receiver's message burns the code at the sender.
func (*Receiver) BurnsCode() bool { return false }

// Interrupted returns ErrInterrupted once M1 was sent.
func (r *Receiver) Interrupted() error {
	if r.started {
		return ErrInterrupted
	}
	return nil
}

// Start returns nil: the sender answers.
func (*Sender) Start() ([]byte, error) { return nil, nil }

// Handle takes M1, which burns the code, and then M3.
func (s *Sender) Handle(m []byte) ([]byte, *Result, error) {
	if s.next != 3 {
		m2, err := s.HandleM1(m)
		return m2, nil, err
	}
	m4, secrets, err := s.HandleM3(m)
	if err != nil {
		return nil, nil, err
	}
	result, err := codeResult(secrets)
	return m4, result, err
}

// BurnsCode is true until the first message.
func (s *Sender) BurnsCode() bool { return s.next == 1 }

// Interrupted returns ErrInterrupted once the first message has burnt the code.
func (s *Sender) Interrupted() error {
	if s.next != 1 {
		return ErrInterrupted
	}
	return nil
}

// Handle takes Q2.
func (r *Resumer) Handle(m []byte) ([]byte, *Result, error) {
	incarnation, generation := r.incarnation, r.generation
	q3, secrets, err := r.HandleQ2(m)
	if err != nil {
		return nil, nil, err
	}
	return q3, &Result{secrets, incarnation, generation}, nil
}

// BurnsCode is false: a resumption uses nothing up.
func (*Resumer) BurnsCode() bool { return false }

// Interrupted drops the run. The next Start begins another.
func (r *Resumer) Interrupted() error {
	r.run = nil
	return nil
}

// Start returns nil: the sender answers.
func (*ResumeAcceptor) Start() ([]byte, error) { return nil, nil }

// Handle takes Q1 and then Q3, or another Q1 in its place.
func (a *ResumeAcceptor) Handle(m []byte) ([]byte, *Result, error) {
	if a.attempt != nil {
		result, err := a.HandleQ3(m)
		if err == nil {
			return nil, &result, nil
		}
		if !errors.Is(err, wire.ErrMalformed) {
			return nil, nil, err
		}
	}
	q2, err := a.HandleQ1(m)
	return q2, nil, err
}

// BurnsCode is false: a resumption uses nothing up.
func (*ResumeAcceptor) BurnsCode() bool { return false }

// Interrupted drops the attempt that waits for Q3.
func (a *ResumeAcceptor) Interrupted() error {
	a.attempt = nil
	return nil
}
