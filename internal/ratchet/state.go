package ratchet

import (
	"crypto/rand"
	"encoding/binary"
)

// stateVersion is the first byte of a session's bytes.
const stateVersion = 1

// counts are how many keys follow.
type counts struct{ DH, KEM uint32 }

// Append appends the session to b. The bytes are secret: whoever has them can open what
// comes next.
func (s *Session) Append(b []byte) ([]byte, error) {
	b = append(b, stateVersion)
	for _, part := range []any{
		&s.dh, &s.kem,
		counts{uint32(len(s.dhSkipped)), uint32(len(s.kemSkipped))},
		[]skippedKey[key](s.dhSkipped), []skippedKey[uint32](s.kemSkipped),
	} {
		var err error
		if b, err = binary.Append(b, binary.BigEndian, part); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Parse is the reverse of Append. It returns ErrState for other bytes.
func Parse(b []byte) (*Session, error) {
	if len(b) == 0 || b[0] != stateVersion {
		return nil, ErrState
	}
	s, c := &Session{random: rand.Reader}, counts{}
	b = b[1:]
	for _, part := range []any{&s.dh, &s.kem, &c} {
		n, err := binary.Decode(b, binary.BigEndian, part)
		if err != nil {
			return nil, ErrState
		}
		b = b[n:]
	}
	if c.DH > maxSkipped || c.KEM > maxSkipped || s.kem.State > answered {
		return nil, ErrState
	}
	s.dhSkipped, s.kemSkipped = make(skippedKeys[key], c.DH), make(skippedKeys[uint32], c.KEM)
	for _, part := range []any{[]skippedKey[key](s.dhSkipped), []skippedKey[uint32](s.kemSkipped)} {
		n, err := binary.Decode(b, binary.BigEndian, part)
		if err != nil {
			return nil, ErrState
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return nil, ErrState
	}
	return s, nil
}
