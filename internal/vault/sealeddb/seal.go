package sealeddb

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// ErrDamaged means that a sealed value was changed, or moved from another place.
var ErrDamaged = errors.New("the database is damaged")

// Cell is a column whose values are sealed.
type Cell struct{ Table, Column string }

const sealedVersion byte = 1

const (
	nonceSize = 12
	tagSize   = 16

	// padTo hides the exact length of what is sealed.
	padTo = 32
)

// Sealer seals the values of the columns of one database, which is for one use, such
// as the history. A value is
//
//	version u8 = 1 | nonce 12, random | AES-256-GCM of (length uvarint | value | zeros to a multiple of 32) | tag 16
//
// with the key of its column
//
//	use key    = Derive(device key, "tallow/1 USE")
//	column key = Derive(use key, "tallow/1 USE column TABLE.COLUMN")
//
// and, as additional data, where it belongs:
//
//	lv("tallow/1 USE value") || lv(table) || lv(column) || row id u64
type Sealer struct {
	use  string
	keys map[Cell]cipher.AEAD
}

// NewSealer derives the keys of the columns of a use. The device key is not needed
// afterwards.
func NewSealer(device *devicekey.Key, use string, cells []Cell) (Sealer, error) {
	base, err := device.Derive("tallow/1 " + use)
	if err != nil {
		return Sealer{}, err
	}
	defer base.Wipe()
	s := Sealer{use: use, keys: make(map[Cell]cipher.AEAD)}
	for _, c := range cells {
		key, err := base.Derive("tallow/1 " + use + " column " + c.Table + "." + c.Column)
		if err != nil {
			return Sealer{}, err
		}
		s.keys[c], err = key.AEAD()
		key.Wipe()
		if err != nil {
			return Sealer{}, err
		}
	}
	return s, nil
}

// place is the additional data of a value.
func (s Sealer) place(c Cell, id int64) (b []byte) {
	for _, part := range []string{"tallow/1 " + s.use + " value", c.Table, c.Column} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(id))
}

// Seal seals a value of the row id.
func (s Sealer) Seal(c Cell, id int64, value []byte) []byte {
	plain := binary.AppendUvarint(nil, uint64(len(value)))
	plain = append(plain, value...)
	plain = append(plain, make([]byte, -len(plain)&(padTo-1))...)
	sealed := make([]byte, 1+nonceSize, 1+nonceSize+len(plain)+tagSize)
	sealed[0] = sealedVersion
	nonce := sealed[1:]
	_, _ = rand.Read(nonce) // never fails
	return s.keys[c].Seal(sealed, nonce, plain, s.place(c, id))
}

// Open opens what Seal returned. Errors: ErrDamaged.
func (s Sealer) Open(c Cell, id int64, sealed []byte) ([]byte, error) {
	const header = 1 + nonceSize
	if len(sealed) < header+tagSize || sealed[0] != sealedVersion {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.Table, c.Column, id)
	}
	plain, err := s.keys[c].Open(nil, sealed[1:header], sealed[header:], s.place(c, id))
	if err != nil {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.Table, c.Column, id)
	}
	size, n := binary.Uvarint(plain)
	if n <= 0 || size > uint64(len(plain)-n) {
		return nil, fmt.Errorf("%w: %s.%s of %d", ErrDamaged, c.Table, c.Column, id)
	}
	return plain[n : n+int(size)], nil
}
