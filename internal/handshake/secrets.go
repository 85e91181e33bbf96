package handshake

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
)

// protocol names this protocol in everything that is hashed or derived.
const protocol = "tallow/2"

// Direction is the direction of the records that a key seals.
type Direction uint8

// The directions.
const (
	SenderToReceiver Direction = iota
	ReceiverToSender
)

// Secrets are what two authenticated peers share. Both sides have the same;
// different runs have independent ones. They are safe for concurrent use.
type Secrets struct {
	prk          []byte
	controlS2R   [32]byte
	controlR2S   [32]byte
	dataS2R      [32]byte
	dataR2S      [32]byte
	resumeSecret [32]byte
	resumeRoom   [16]byte
	verify       [8]byte
}

// ControlSecret returns the secret of one direction's control records.
func (s *Secrets) ControlSecret(d Direction) [32]byte {
	if d == SenderToReceiver {
		return s.controlS2R
	}
	return s.controlR2S
}

// DataSecret returns the secret of one direction's data records.
func (s *Secrets) DataSecret(d Direction) [32]byte {
	if d == SenderToReceiver {
		return s.dataS2R
	}
	return s.dataR2S
}

// ResumeSecret returns the secret with which the peers authenticate each other
// after they lost the room. It stays the same over all resumptions of a session,
// as ResumeParams explains.
func (s *Secrets) ResumeSecret() [32]byte { return s.resumeSecret }

// ResumeRoom returns the id of the room for resumptions, the same for all of them.
// The relay may see it: it reveals nothing about the other secrets.
func (s *Secrets) ResumeRoom() [16]byte { return s.resumeRoom }

// VerifyBytes returns bytes for two people to compare, as words. They may be
// shown: they reveal nothing about the other secrets.
func (s *Secrets) VerifyBytes() [8]byte { return s.verify }

// Export returns n bytes that are bound to this run and to label, for other
// packages' own protocols. It fails if n is negative or over 8160, HKDF's limit
// (RFC 5869).
func (s *Secrets) Export(label string, n int) ([]byte, error) {
	if n < 0 {
		return nil, fmt.Errorf("export %q: %d bytes wanted", label, n)
	}
	b, err := hkdf.Expand(sha256.New, s.prk, protocol+" export "+label, n)
	if err != nil {
		return nil, fmt.Errorf("export %q: %w", label, err)
	}
	return b, nil
}

// String hides the secrets from logs.
func (*Secrets) String() string { return "handshake.Secrets{hidden}" }

// GoString hides the secrets from %#v.
func (s *Secrets) GoString() string { return s.String() }

// schedule is everything that a run derives. The secrets must not leave it
// before the peer's confirmation has been checked. Their verification bytes are
// missing until setVerify.
type schedule struct {
	confirmReceiver [32]byte
	confirmSender   [32]byte
	secrets         *Secrets
}

// expansion is one value of HKDF-Expand(PRK, "tallow/2 " + label).
type expansion struct {
	out   []byte
	label string
}

func newSchedule(t transcript, isk [64]byte, ss []byte) (schedule, error) {
	s := &Secrets{}
	return s.schedule(t.hash(), slices.Concat(isk[:], ss), "confirm",
		expansion{s.resumeSecret[:], "resume secret"},
		expansion{s.resumeRoom[:], "resume room"})
}

// schedule fills s from a transcript's hash and the key material: what every
// handshake has, and the values of more. The labels of the two confirmation keys
// begin with kind.
func (s *Secrets) schedule(th [32]byte, ikm []byte, kind string, more ...expansion) (schedule, error) {
	prk, err := hkdf.Extract(sha256.New, ikm, th[:])
	if err != nil {
		return schedule{}, fmt.Errorf("key schedule: %w", err)
	}
	s.prk = prk
	var keyReceiver, keySender [32]byte
	for _, e := range append([]expansion{
		{keyReceiver[:], kind + " receiver"},
		{keySender[:], kind + " sender"},
		{s.controlS2R[:], "control s2r"},
		{s.controlR2S[:], "control r2s"},
		{s.dataS2R[:], "data s2r"},
		{s.dataR2S[:], "data r2s"},
	}, more...) {
		b, err := hkdf.Expand(sha256.New, prk, protocol+" "+e.label, len(e.out))
		if err != nil {
			return schedule{}, fmt.Errorf("key schedule: %w", err)
		}
		copy(e.out, b)
	}
	return schedule{confirm(keyReceiver, th), confirm(keySender, th), s}, nil
}

// confirm is HMAC-SHA256(key, th).
func confirm(key, th [32]byte) (out [32]byte) {
	h := hmac.New(sha256.New, key[:])
	h.Write(th[:])
	h.Sum(out[:0])
	return out
}
