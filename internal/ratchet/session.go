package ratchet

import (
	"crypto/rand"
	"io"
	"slices"
)

// Session is what one device knows about the messages between it and another one. It
// is not safe for use by several goroutines, nor by several processes.
//
// Its state has to be kept, by [Session.Append], before a message that Seal made leaves the
// device, and before what Open returned is acted upon. Else a device that stops
// in between goes on from an earlier state.
type Session struct {
	dh         dhRatchet
	kem        kemRatchet
	dhSkipped  skippedKeys[key] // by the header key of their chain
	kemSkipped skippedKeys[uint32]
	random     io.Reader
}

// SecretSize is the size in bytes of the secret that both devices begin with, and of
// the public key of the responder.
const SecretSize = keySize

// Responder makes a session of the device that does not begin, and the public key that
// the other one needs. Both may send at once.
func Responder(secret [SecretSize]byte) (s *Session, public [SecretSize]byte, err error) {
	return responder(secret, rand.Reader)
}

func responder(secret key, random io.Reader) (*Session, key, error) {
	s := &Session{random: random}
	if err := s.begin(false, secret); err != nil {
		return nil, key{}, err
	}
	public, err := publicOf(s.dh.Self)
	return s, public, err
}

// Initiator makes a session of the device that begins. The secret is known to both
// devices and nobody else, and public came from the other one unchanged.
func Initiator(secret, public [SecretSize]byte) (*Session, error) {
	return initiator(secret, public, rand.Reader)
}

func initiator(secret, public key, random io.Reader) (*Session, error) {
	s := &Session{random: random}
	s.dh.Peer = public
	if err := s.begin(true, secret); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Session) begin(initiator bool, secret key) error {
	var forDH, forKEM key
	err := derive(secret[:], nil, "session", &forDH, &forKEM)
	if err != nil {
		return err
	}
	if s.dh.Self, err = s.fresh(); err != nil {
		return err
	}
	if err := s.dh.begin(initiator, forDH); err != nil {
		return err
	}
	return s.kem.begin(initiator, forKEM, s.fill)
}

// fresh makes a private key.
func (s *Session) fresh() (k key, err error) { return k, s.fill(k[:]) }

func (s *Session) fill(b []byte) error {
	_, err := io.ReadFull(s.random, b)
	return err
}

// clone is a copy that can be changed alone.
func (s *Session) clone() *Session {
	c := *s
	c.dhSkipped, c.kemSkipped = slices.Clone(s.dhSkipped), slices.Clone(s.kemSkipped)
	return &c
}
