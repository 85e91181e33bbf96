package handshake

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
)

// protocol names this protocol wherever a key or a hash is bound to it.
const protocol = "tallow/1"

// Direction is which way records go that a key is for.
type Direction uint8

// The directions.
const (
	SenderToReceiver Direction = iota
	ReceiverToSender
)

// Secrets are what two authenticated peers have in common. Both sides' are
// equal; those of different runs have nothing in common. Safe for concurrent
// use.
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

// ResumeSecret returns the secret by which the peers know each other again
// after they lost the room.
func (s *Secrets) ResumeSecret() [32]byte { return s.resumeSecret }

// ResumeRoom returns the id of the room where they meet again. The relay may
// see it: it says nothing of the other secrets.
func (s *Secrets) ResumeRoom() [16]byte { return s.resumeRoom }

// VerifyBytes returns bytes for two people to compare, as words. They may be
// shown: they say nothing of the other secrets.
func (s *Secrets) VerifyBytes() [8]byte { return s.verify }

// Export returns n bytes that are bound to this run and to label, for uses of
// which this package knows nothing. It fails if n is over 8160, HKDF's limit
// (RFC 5869), or negative.
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

// schedule is all that a run derives: both confirmations and the secrets, which
// nobody may have before the other side's confirmation was found right.
type schedule struct {
	confirmReceiver [32]byte
	confirmSender   [32]byte
	secrets         *Secrets
}

func newSchedule(t transcript, isk [64]byte, ss []byte) (schedule, error) {
	th := t.hash()
	prk, err := hkdf.Extract(sha256.New, slices.Concat(isk[:], ss), th[:])
	if err != nil {
		return schedule{}, fmt.Errorf("key schedule: %w", err)
	}
	s := &Secrets{prk: prk}
	var keyReceiver, keySender [32]byte
	for _, d := range []struct {
		out   []byte
		label string
	}{
		{keyReceiver[:], "confirm receiver"},
		{keySender[:], "confirm sender"},
		{s.controlS2R[:], "control s2r"},
		{s.controlR2S[:], "control r2s"},
		{s.dataS2R[:], "data s2r"},
		{s.dataR2S[:], "data r2s"},
		{s.resumeSecret[:], "resume secret"},
		{s.resumeRoom[:], "resume room"},
		{s.verify[:], "verify"},
	} {
		b, err := hkdf.Expand(sha256.New, prk, protocol+" "+d.label, len(d.out))
		if err != nil {
			return schedule{}, fmt.Errorf("key schedule: %w", err)
		}
		copy(d.out, b)
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
