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
// AES-256-GCM with flow and number as the nonce and all of the header as
// associated data. No flow uses a number twice, and each side has a key of its
// own, which is as old as the path.
const (
	mark = 0xc0 // none of STUN, DTLS, TURN and RTP begins so (RFC 7983)

	headerSize = 1 + 4 + 8
	tagSize    = 16

	// Overhead is what sealing adds to a datagram.
	Overhead = headerSize + tagSize
	// MaxPayload is the most that a flow takes in one datagram.
	MaxPayload = 8192
	maxPacket  = MaxPayload + Overhead

	// KeySize is the size of a trunk's keys in bytes.
	KeySize = 32
)

// probes is the flow of the trunk's own datagrams (probe.go).
const probes = 0

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

// appendSealed appends the datagram number n of a flow to b.
func appendSealed(b []byte, aead cipher.AEAD, flow uint32, n uint64, payload []byte) []byte {
	start := len(b)
	b = append(b, mark)
	b = binary.BigEndian.AppendUint32(b, flow)
	b = binary.BigEndian.AppendUint64(b, n)
	header := b[start:]
	return aead.Seal(b, header[1:], payload, header)
}

// flowOf is the flow that a datagram says it is of; false if it is no datagram
// of a trunk.
func flowOf(packet []byte) (flow uint32, ok bool) {
	if len(packet) < Overhead || len(packet) > maxPacket || packet[0] != mark {
		return 0, false
	}
	return binary.BigEndian.Uint32(packet[1:]), true
}

// openPacket appends the payload of a datagram for which flowOf is true to dst.
func openPacket(dst []byte, aead cipher.AEAD, packet []byte) (payload []byte, n uint64, err error) {
	header := packet[:headerSize]
	payload, err = aead.Open(dst, header[1:], packet[headerSize:], header)
	return payload, binary.BigEndian.Uint64(header[5:]), err
}

// replays remembers which numbers have come, as far back as reordering goes.
type replays struct {
	next uint64 // one more than the highest
	seen [replayWindow / 64]uint64
}

// replayWindow is how far behind the highest number one is still taken.
const replayWindow = 4096

// take notes a number and says whether it is new. It is called for datagrams
// that were authentic.
func (r *replays) take(n uint64) bool {
	if r.next > replayWindow && n < r.next-replayWindow || n+1 == 0 {
		return false
	}
	for ; r.next <= n; r.next++ {
		if n-r.next >= replayWindow { // a leap: nothing of the window remains
			r.seen, r.next = [replayWindow / 64]uint64{}, n
		}
		r.seen[r.next/64%uint64(len(r.seen))] &^= 1 << (r.next % 64)
	}
	word, bit := &r.seen[n/64%uint64(len(r.seen))], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
