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
// after they lost the room. It stays the same over all resumptions of a
// session, as ResumeParams explains.
func (s *Secrets) ResumeSecret() [32]byte { return s.resumeSecret }

// ResumeRoom returns the id of the room where they meet again, the same for all
// resumptions. The relay may see it: it says nothing of the other secrets.
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

// expansion is one value of HKDF-Expand(PRK, "tallow/1 " + label).
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

// schedule fills s with what a transcript's hash and the key material give:
// what every handshake has, and the values of more. The labels of the two
// confirmation keys begin with kind.
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
		{s.verify[:], "verify"},
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
