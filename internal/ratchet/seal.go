package ratchet

// Seal makes a message of a payload of at most MaxPayload bytes. Open has to be given
// the same associated data. It returns ErrTooLong for a payload that is longer.
func (s *Session) Seal(payload, associated []byte) ([]byte, error) {
	if len(payload) > MaxPayload {
		return nil, ErrTooLong
	}
	b := make([]byte, saltSize, MessageSize)
	if err := s.fill(b); err != nil {
		return nil, err
	}
	var h header
	headerKey, dh, err := s.dh.send(&h)
	if err != nil {
		return nil, err
	}
	kem, err := s.kem.send(&h)
	if err != nil {
		return nil, err
	}
	aead, err := headerBox(headerKey, b[:saltSize])
	if err != nil {
		return nil, err
	}
	b = aead.Seal(b, nonce(), h.append(nil), associated)
	if aead, err = bodyBox(dh, kem, b[:saltSize]); err != nil {
		return nil, err
	}
	return aead.Seal(b, nonce(), pad(payload), append(b[:len(b):len(b)], associated...)), nil
}
