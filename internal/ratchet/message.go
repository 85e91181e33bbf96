package ratchet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/mlkem"
	"encoding/binary"
)

// A message:
//
//	salt      16    random; the keys of both boxes depend on it
//	header  1253    1237 bytes in a box under the header key of the chain
//	body     731     715 bytes in a box under the message key: the length of the payload, it, zeros
const (
	// MessageSize is the size of every message in bytes.
	MessageSize = saltSize + headerSize + tagSize + bodySize + tagSize
	// MaxPayload is how many bytes a message carries at most.
	MaxPayload = bodySize - 2

	saltSize   = 16
	tagSize    = 16
	bodySize   = 715
	partSize   = mlkem.EncapsulationKeySize768
	headerSize = 1 + keySize + 5*4 + partSize
)

// partKind says what of the KEM is in a header.
type partKind uint8

const (
	partNone       partKind = iota
	partKey                 // an encapsulation key, for the epoch after that of the message
	partCiphertext          // the ciphertext that began the epoch of the message
)

func (k partKind) size() int {
	return [...]int{partNone: 0, partKey: mlkem.EncapsulationKeySize768, partCiphertext: mlkem.CiphertextSize768}[k]
}

// header tells the receiver which keys a message has.
type header struct {
	Kind         partKind
	DH           key    // the sender's X25519 key
	Previous, N  uint32 // messages in the chain before, and the number in this one
	Epoch        uint32 // of the KEM
	EpochBefore  uint32 // messages in the epoch before
	EpochMessage uint32 // the number in this one
	Part         [partSize]byte
}

func (h *header) append(b []byte) []byte {
	b, err := binary.Append(b, binary.BigEndian, h)
	if err != nil {
		panic(err) // its size is fixed
	}
	return b
}

func parseHeader(b []byte) (*header, error) {
	h := new(header)
	n, err := binary.Decode(b, binary.BigEndian, h)
	if err != nil || n != len(b) || h.Kind > partCiphertext || !zeros(h.Part[h.Kind.size():]) {
		return nil, ErrMalformed
	}
	return h, nil
}

// part is what of the KEM is in the header.
func (h *header) part() []byte { return h.Part[:h.Kind.size()] }

// pad makes a body of a payload.
func pad(payload []byte) []byte {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, bodySize), uint16(len(payload)))
	return append(b, payload...)[:bodySize]
}

func unpad(body []byte) ([]byte, error) {
	n, rest := int(binary.BigEndian.Uint16(body)), body[2:]
	if n > len(rest) || !zeros(rest[n:]) {
		return nil, ErrMalformed
	}
	return rest[:n], nil
}

func zeros(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// box is AES-256-GCM under a key that is used once: it depends on a random salt. So
// the nonce may be zero.
func box(secret, salt []byte, label string) (cipher.AEAD, error) {
	var k key
	if err := derive(secret, salt, label, &k); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k[:])
	clear(k[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func headerBox(headerKey key, salt []byte) (cipher.AEAD, error) {
	return box(headerKey[:], salt, "header")
}

func bodyBox(dh, kem key, salt []byte) (cipher.AEAD, error) {
	return box(append(dh[:], kem[:]...), salt, "message")
}

func nonce() []byte { return make([]byte, 12) }
