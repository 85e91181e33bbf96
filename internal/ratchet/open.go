package ratchet

import "time"

// Open returns the payload of a message that Seal of the other device made. Messages
// may come in any order; of those that are missing it keeps the keys for a while, and
// now says how old these are. A message that does not open changes nothing.
//
// It returns ErrForeign, ErrUsed, ErrGap or ErrMalformed.
func (s *Session) Open(message, associated []byte, now time.Time) ([]byte, error) {
	if len(message) != MessageSize {
		return nil, ErrMalformed
	}
	next := s.clone()
	next.dhSkipped.expire(now)
	next.kemSkipped.expire(now)
	headerKey, h, err := next.header(message, associated)
	if err != nil {
		return nil, err
	}
	dh, err := next.dh.receive(headerKey, h, &next.dhSkipped, next.fresh, now)
	if err != nil {
		return nil, err
	}
	kem, err := next.kem.receive(h, &next.kemSkipped, next.fill, now)
	if err != nil {
		return nil, err
	}
	aead, err := bodyBox(dh, kem, message[:saltSize])
	if err != nil {
		return nil, err
	}
	sealed := message[saltSize+headerSize+tagSize:]
	before := message[: len(message)-len(sealed) : len(message)-len(sealed)]
	body, err := aead.Open(nil, nonce(), sealed, append(before, associated...))
	if err != nil {
		return nil, ErrForeign
	}
	payload, err := unpad(body)
	if err != nil {
		return nil, err
	}
	*s = *next
	return payload, nil
}

// header finds the key that opens the header of a message.
func (s *Session) header(message, associated []byte) (key, *header, error) {
	sealed := message[saltSize : saltSize+headerSize+tagSize]
	for _, k := range append([]key{s.dh.Receive.Header, s.dh.NextReceive}, s.dhSkipped.chains()...) {
		if k == (key{}) {
			continue // the responder has no chain before the first message
		}
		aead, err := headerBox(k, message[:saltSize])
		if err != nil {
			return key{}, nil, err
		}
		if plain, err := aead.Open(nil, nonce(), sealed, associated); err == nil {
			h, err := parseHeader(plain)
			return k, h, err
		}
	}
	return key{}, nil, ErrForeign
}
