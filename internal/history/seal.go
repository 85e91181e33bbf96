package history

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// ErrDamaged means that a sealed value was changed, or moved from another place.
var ErrDamaged = errors.New("the history is damaged")

// cell is a column whose values are sealed.
type cell struct{ table, column string }

// cells are all sealed columns.
func cells() []cell {
	return []cell{
		{"meta", "known"},
		{"entries", "names"},
		{"entries", "places"},
		{"entries", "peer"},
		{"entries", "outcome"},
		{"texts", "text"},
		{"pages", "texts"},
	}
}

const sealedVersion byte = 1

const (
	nonceSize = 12
	tagSize   = 16

	// padTo hides the exact length of what is sealed.
	padTo = 32
)

// sealer seals the values of all columns. A value is
//
//	version u8 = 1 | nonce 12, random | AES-256-GCM of (length uvarint | value | zeros to a multiple of 32) | tag 16
//
// with the key of its column
//
//	history key = Derive(device key, "tallow/1 history")
//	column key  = Derive(history key, "tallow/1 history column TABLE.COLUMN")
//
// and, as additional data, where it belongs:
//
//	lv("tallow/1 history value") || lv(table) || lv(column) || row id u64
type sealer map[cell]cipher.AEAD

func newSealer(device *devicekey.Key) (sealer, error) {
	history, err := device.Derive("tallow/1 history")
	if err != nil {
		return nil, err
	}
	defer history.Wipe()
	s := make(sealer)
	for _, c := range cells() {
		key, err := history.Derive("tallow/1 history column " + c.table + "." + c.column)
		if err != nil {
			return nil, err
		}
		s[c], err = key.AEAD()
		key.Wipe()
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// place is the additional data of a value.
func (c cell) place(b []byte, id int64) []byte {
	for _, part := range []string{"tallow/1 history value", c.table, c.column} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(id))
}

// seal seals a value of the row id.
func (s sealer) seal(c cell, id int64, value []byte) []byte {
	plain := binary.AppendUvarint(nil, uint64(len(value)))
	plain = append(plain, value...)
	plain = append(plain, make([]byte, -len(plain)&(padTo-1))...)
	sealed := make([]byte, 1+nonceSize, 1+nonceSize+len(plain)+tagSize)
	sealed[0] = sealedVersion
	nonce := sealed[1:]
	_, _ = rand.Read(nonce) // never fails
	return s[c].Seal(sealed, nonce, plain, c.place(nil, id))
}

// open opens what seal returned. Errors: ErrDamaged.
func (s sealer) open(c cell, id int64, sealed []byte) ([]byte, error) {
	const header = 1 + nonceSize
	if len(sealed) < header+tagSize || sealed[0] != sealedVersion {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.table, c.column, id)
	}
	plain, err := s[c].Open(nil, sealed[1:header], sealed[header:], c.place(nil, id))
	if err != nil {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.table, c.column, id)
	}
	size, n := binary.Uvarint(plain)
	if n <= 0 || size > uint64(len(plain)-n) {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.table, c.column, id)
	}
	return plain[n : n+int(size)], nil
}
