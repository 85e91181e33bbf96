package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Keys are the four secrets of a session, one for each kind of record and
// direction. They come out of the handshake; out is what this side seals with,
// in is what it opens with.
type Keys struct {
	ControlOut, ControlIn [32]byte
	DataOut, DataIn       [32]byte
}

// epochBits is how many records, as a power of two, are sealed under one key:
// well under the 2^32 of NIST SP 800-38D section 8.3.
const epochBits = 30

// errRecord is a record that does not open: it was not sealed by the peer as
// the next one of this lane.
var errRecord = errors.New("a record is not the next one that the other side sealed")

// recordKey seals or opens one kind of record of one lane in one direction. Its
// counter is the nonce; the AEAD key changes each 2^epochBits records.
type recordKey struct {
	secret  [32]byte
	kind    wire.RecordKind
	lane    uint32
	bits    uint
	counter uint64
	aead    cipher.AEAD // of the epoch of counter-1; nil before the first record
}

func newRecordKey(secret [32]byte, kind wire.RecordKind, lane uint32) recordKey {
	return recordKey{secret: secret, kind: kind, lane: lane, bits: epochBits}
}

// advance makes aead the key for the next counter and fills in its nonce.
func (k *recordKey) advance(nonce *[12]byte) error {
	if k.aead == nil || k.counter&(1<<k.bits-1) == 0 {
		info := binary.BigEndian.AppendUint32([]byte("tallow/2 lane "), k.lane)
		info = binary.BigEndian.AppendUint32(info, uint32(k.counter>>k.bits))
		key, err := hkdf.Expand(sha256.New, k.secret[:], string(info), 32)
		if err != nil {
			return fmt.Errorf("derive a record key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("derive a record key: %w", err)
		}
		if k.aead, err = cipher.NewGCM(block); err != nil {
			return fmt.Errorf("derive a record key: %w", err)
		}
	}
	binary.BigEndian.PutUint64(nonce[4:], k.counter)
	k.counter++
	return nil
}

// seal makes a record in buf, which is overwritten, of the plaintext parts put
// together; a single one is not copied before. buf has room for wire.MaxRecord
// bytes and overlaps none of them.
func (k *recordKey) seal(buf []byte, parts ...[]byte) ([]byte, error) {
	head := wire.AppendRecordHeader(buf[:0], k.kind, k.counter)
	var plain []byte
	if len(parts) == 1 {
		plain = parts[0]
	} else {
		rec := head
		for _, p := range parts {
			rec = append(rec, p...)
		}
		plain = rec[len(head):]
	}
	if n := len(head) + len(plain) + wire.RecordTag; n > wire.MaxRecord {
		return nil, fmt.Errorf("a record of %d bytes is over the limit of %d", n, wire.MaxRecord)
	}
	var nonce [12]byte
	if err := k.advance(&nonce); err != nil {
		return nil, err
	}
	return k.aead.Seal(head, nonce[:], plain, head), nil
}

// open returns the plaintext of r, in place. Only the very next record opens.
func (k *recordKey) open(head []byte, r wire.Record) ([]byte, error) {
	if r.Counter != k.counter {
		return nil, errRecord
	}
	var nonce [12]byte
	if err := k.advance(&nonce); err != nil {
		return nil, err
	}
	plain, err := k.aead.Open(r.Sealed[:0], nonce[:], r.Sealed, head)
	if err != nil {
		return nil, errRecord
	}
	return plain, nil
}
