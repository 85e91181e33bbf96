package ratchet

// NextKeys are the keys of the message that s would seal next, of both ratchets.
func NextKeys(s *Session) (dh, kem [keySize]byte, err error) {
	c, h := s.clone(), new(header)
	if _, dh, err = c.dh.send(h); err != nil {
		return dh, kem, err
	}
	kem, err = c.kem.send(h)
	return dh, kem, err
}

// HeaderSize is the size of a header in bytes.
const HeaderSize = headerSize

// SealHeader seals other bytes as the header of a message of s.
func SealHeader(s *Session, header, associated []byte) ([]byte, error) {
	b := make([]byte, saltSize, MessageSize)
	aead, err := headerBox(s.clone().dh.Send.Header, b)
	if err != nil {
		return nil, err
	}
	plain := append(header, make([]byte, headerSize)...)[:headerSize]
	return append(aead.Seal(b, nonce(), plain, associated), make([]byte, bodySize+tagSize)...), nil
}
