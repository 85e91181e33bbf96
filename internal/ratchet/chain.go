package ratchet

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
)

const keySize = 32

type key [keySize]byte

// maxGap is how many messages a chain can be ahead of the next one that is expected.
const maxGap = 10_000

// chain is a KDF chain: a message key at each step, from which neither the chain's
// key nor another message key can be found. HMAC-SHA256 over one byte makes both, as
// section 7.2 of the Double Ratchet recommends.
type chain struct {
	Key key
	N   uint32 // the number of the next message
}

func (c *chain) next() key {
	message := c.mac(1)
	c.Key = c.mac(2)
	c.N++
	return message
}

func (c *chain) mac(b byte) (k key) {
	h := hmac.New(sha256.New, c.Key[:])
	h.Write([]byte{b})
	h.Sum(k[:0])
	return k
}

// skipTo moves the chain on to message n, and gives keep the key of each message
// before it.
func (c *chain) skipTo(n uint32, keep func(n uint32, message key)) error {
	if n-c.N > maxGap {
		return ErrGap
	}
	for c.N < n {
		number := c.N
		keep(number, c.next())
	}
	return nil
}

// derive makes keys by HKDF-SHA256.
func derive(secret, salt []byte, label string, keys ...*key) error {
	out, err := hkdf.Key(sha256.New, secret, salt, "tallow/ratchet/1 "+label, len(keys)*keySize)
	if err != nil {
		return err
	}
	for i, k := range keys {
		copy(k[:], out[i*keySize:])
	}
	clear(out)
	return nil
}
