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
// direction. They come from the handshake. This peer seals with Out and opens with
// In.
type Keys struct {
	ControlOut, ControlIn [32]byte
	DataOut, DataIn       [32]byte
}

// epochBits is the number of records sealed under one key, as a power of two: well
// below the 2^32 of NIST SP 800-38D, section 8.3.
const epochBits = 30

// errRecord is a record that does not open: it is not the next one that the peer
// sealed on this lane.
var errRecord = errors.New("a record is not the next one that the peer sealed")

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

// beginsEpoch reports whether the next counter has a new AEAD key.
func (k *recordKey) beginsEpoch() bool { return k.counter&(1<<k.bits-1) == 0 }

// derive returns the AEAD key of the next counter.
func (k *recordKey) derive() ([]byte, error) {
	info := binary.BigEndian.AppendUint32([]byte("tallow/2 lane "), k.lane)
	info = binary.BigEndian.AppendUint32(info, uint32(k.counter>>k.bits))
	key, err := hkdf.Expand(sha256.New, k.secret[:], string(info), 32)
	if err != nil {
		return nil, fmt.Errorf("derive a record key: %w", err)
	}
	return key, nil
}

// number sets the nonce of the next counter, and goes on to the one after it.
func (k *recordKey) number(nonce *[12]byte) {
	binary.BigEndian.PutUint64(nonce[4:], k.counter)
	k.counter++
}

// advance derives the key of the next counter, if that is a new one, and sets the
// counter's nonce.
func (k *recordKey) advance(nonce *[12]byte) error {
	if k.aead == nil || k.beginsEpoch() {
		key, err := k.derive()
		if err != nil {
			return err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("derive a record key: %w", err)
		}
		if k.aead, err = cipher.NewGCM(block); err != nil {
			return fmt.Errorf("derive a record key: %w", err)
		}
	}
	k.number(nonce)
	return nil
}

// seal makes a record of the concatenation of parts in buf, which has room for
// wire.MaxRecord bytes and must not overlap them. A single part is not copied
// first.
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

// open decrypts r in place and returns its plaintext. Only the very next record
// opens.
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
