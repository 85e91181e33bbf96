package trunk

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// A sealed datagram is
//
//	mark u8 | flow u32 | number u64 | ciphertext
//
// sealed with AES-256-GCM. Flow and number are the nonce, and the whole header is
// the associated data. Numbers of a flow start at 0 and are never used twice. Each
// side has a key of its own, which is made for this path.
const (
	mark = 0xc0 // no datagram of STUN, DTLS, TURN or RTP begins with it (RFC 7983)

	headerSize = 1 + 4 + 8
	tagSize    = 16

	// Overhead is how many bytes sealing adds to a datagram.
	Overhead = headerSize + tagSize
	// MaxPayload is the largest payload of a datagram in bytes.
	MaxPayload = 8192
	maxPacket  = MaxPayload + Overhead

	// KeySize is the size of a trunk's keys in bytes.
	KeySize = 32
)

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a key of %d bytes", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// appendSealed appends datagram number n of a flow to b.
func appendSealed(b []byte, aead cipher.AEAD, flow uint32, n uint64, payload []byte) []byte {
	start := len(b)
	b = append(b, mark)
	b = binary.BigEndian.AppendUint32(b, flow)
	b = binary.BigEndian.AppendUint64(b, n)
	header := b[start:]
	return aead.Seal(b, header[1:], payload, header)
}

// flowOf returns the flow that a datagram claims to belong to. It returns false if
// it is not a datagram of a trunk.
func flowOf(packet []byte) (flow uint32, ok bool) {
	if len(packet) < Overhead || len(packet) > maxPacket || packet[0] != mark {
		return 0, false
	}
	return binary.BigEndian.Uint32(packet[1:]), true
}

// openPacket decrypts a datagram for which flowOf is true, and appends its payload
// to dst.
func openPacket(dst []byte, aead cipher.AEAD, packet []byte) (payload []byte, n uint64, err error) {
	header := packet[:headerSize]
	payload, err = aead.Open(dst, header[1:], packet[headerSize:], header)
	return payload, binary.BigEndian.Uint64(header[5:]), err
}
