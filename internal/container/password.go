package container

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"

	"golang.org/x/crypto/argon2"
)

// Cost is the work that turns a password into a key: the parameters of Argon2id
// (RFC 9106).
type Cost struct {
	Passes uint32
	Memory uint32 // KiB
	Lanes  uint8
}

// DefaultCost returns the second recommendation of RFC 9106, section 4: three passes
// over 64 MiB.
func DefaultCost() Cost { return Cost{Passes: 3, Memory: 64 << 10, Lanes: 4} }

// What a header may ask for at most. A container comes from others, and may not take
// all the memory and time of who opens it.
const (
	maxPasses = 16
	maxMemory = 512 << 10 // KiB
	maxLanes  = 16
)

// Check returns a *CostError unless the cost is one that Argon2id takes and that is
// not too high.
func (c Cost) Check() error {
	if c.Passes < 1 || c.Passes > maxPasses || c.Lanes < 1 || c.Lanes > maxLanes ||
		c.Memory < 8*uint32(c.Lanes) || c.Memory > maxMemory {
		return &CostError{c}
	}
	return nil
}

// wrapping returns the cipher that wraps the key of the container. The secret is nil
// for wrapPassword.
func (h *Header) wrapping(password string, secret *Key) (cipher.AEAD, error) {
	c, salt := h.cost, h.raw[headerSalt:headerKey]
	stretched := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Lanes, KeySize)
	var mixed []byte
	if secret != nil {
		mixed = secret[:]
	}
	key, err := hkdf.Key(sha256.New, stretched, mixed, labelWrap, KeySize)
	if err != nil {
		return nil, err
	}
	return newGCM(key)
}

// unwrap returns the key in the header. The key of the cipher is used once, so the
// nonce is zero.
func (h *Header) unwrap(password string, secret *Key) (Key, error) {
	if h.wrap == wrapPassword {
		secret = nil
	}
	aead, err := h.wrapping(password, secret)
	if err != nil {
		return Key{}, err
	}
	key, err := aead.Open(nil, make([]byte, nonceSize), h.raw[headerKey:headerMAC], h.raw[:headerKey])
	if err != nil {
		return Key{}, ErrKey
	}
	return Key(key), nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
