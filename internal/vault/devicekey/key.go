package devicekey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// Size is the length of a key, in bytes.
const Size = 32

// Key is the device key, or a key that was derived from it.
type Key struct{ secret [Size]byte }

// newKey makes a device key.
func newKey() *Key {
	k := new(Key)
	_, _ = rand.Read(k.secret[:]) // never fails
	return k
}

// ParseKey returns the key that Secret gave. Error: ErrDamaged.
func ParseKey(secret []byte) (*Key, error) {
	if len(secret) != Size {
		return nil, ErrDamaged
	}
	return &Key{secret: [Size]byte(secret)}, nil
}

// Secret returns a copy of the key itself, for a backup that is sealed.
func (k *Key) Secret() []byte { return bytes.Clone(k.secret[:]) }

// Derive returns the key for one use:
//
//	HKDF-Expand(SHA-256, key, label, 32)
//
// There is no HKDF-Extract, since a key is random already (RFC 5869, 3.3).
func (k *Key) Derive(label string) (*Key, error) {
	secret, err := hkdf.Expand(sha256.New, k.secret[:], label, Size)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	defer clear(secret)
	return &Key{secret: [Size]byte(secret)}, nil
}

// AEAD returns AES-256-GCM with this key. Wipe does not reach the round keys that it
// holds.
func (k *Key) AEAD() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.secret[:])
	if err != nil {
		return nil, fmt.Errorf("the cipher of a key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("the cipher of a key: %w", err)
	}
	return aead, nil
}

// Wipe overwrites the key with zeros. It must not be used after that.
func (k *Key) Wipe() { clear(k.secret[:]) }

// checkSize is the length of a check value, in bytes.
const checkSize = 16

// check returns a value that says whether another key is the same one. It tells
// nothing else about the key.
func (k *Key) check() ([checkSize]byte, error) {
	derived, err := k.Derive("tallow/1 device key check")
	if err != nil {
		return [checkSize]byte{}, err
	}
	defer derived.Wipe()
	return [checkSize]byte(derived.secret[:checkSize]), nil
}
