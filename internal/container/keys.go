package container

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
)

// KeySize is the number of bytes of a Key.
const KeySize = 32

// Key is the secret of a container. Whoever has it reads all of it.
type Key [KeySize]byte

// The labels by which keys are told apart in HKDF-SHA256.
const (
	labelWrap    = "tallow/container/1 wrap"
	labelHeader  = "tallow/container/1 header"
	labelOffer   = "tallow/container/1 offer"
	labelData    = "tallow/container/1 data"
	labelSegment = "tallow/container/1 segment"
	labelClaim   = "tallow/container/1 claim"
)

// Keys are the keys of one container, by which it is sealed and opened. They may be
// used by several goroutines.
type Keys struct {
	prk    []byte
	header *Header
	random io.Reader // of salts

	offer, data []byte
}

// New makes a container with a random key, or with the key secret if there is one
// and no password. With a password the key is random and wrapped in the header; to
// open it then takes the password, and secret too unless that is nil.
func New(secret *Key, password string, c Cost) (*Keys, error) {
	return newKeys(rand.Reader, secret, password, c)
}

func newKeys(random io.Reader, secret *Key, password string, c Cost) (*Keys, error) {
	var fresh [KeySize + headerKey - headerSalt]byte
	if _, err := io.ReadFull(random, fresh[:]); err != nil {
		return nil, err
	}
	key, salt := Key(fresh[:KeySize]), fresh[KeySize:]
	if password == "" {
		if secret != nil {
			key = *secret
		}
		return seal(random, newHeader(wrapNone, Cost{}, salt), key)
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	w := wrapPassword
	if secret != nil {
		w = wrapBoth
	}
	h := newHeader(w, c, salt)
	aead, err := h.wrapping(password, secret)
	if err != nil {
		return nil, err
	}
	aead.Seal(h.raw[headerKey:headerKey], make([]byte, nonceSize), key[:], h.raw[:headerKey])
	return seal(random, h, key)
}

// seal puts the MAC into a new header.
func seal(random io.Reader, h *Header, key Key) (*Keys, error) {
	k, err := h.extract(random, key)
	if err != nil {
		return nil, err
	}
	copy(h.raw[headerMAC:], h.mac(k))
	k.derive()
	return k, nil
}

// Open returns the keys of a container. The secret is needed if NeedsSecret says so,
// and the password if NeedsPassword does; what is not needed is ignored. The error is
// ErrKey or ErrHeader.
func (h *Header) Open(secret *Key, password string) (*Keys, error) {
	if h.NeedsSecret() && secret == nil {
		return nil, ErrKey
	}
	wrong := ErrKey
	var key Key
	if h.NeedsPassword() {
		var err error
		if key, err = h.unwrap(password, secret); err != nil {
			return nil, err
		}
		wrong = ErrHeader
	} else {
		key = *secret
	}
	k, err := h.extract(rand.Reader, key)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(h.mac(k), h.raw[headerMAC:]) {
		return nil, wrong
	}
	k.derive()
	return k, nil
}

// extract returns keys from which none is derived yet.
func (h *Header) extract(random io.Reader, key Key) (*Keys, error) {
	prk, err := hkdf.Extract(sha256.New, key[:], h.raw[headerSalt:headerKey])
	return &Keys{prk: prk, header: h, random: random}, err
}

// derive derives the keys that depend on the whole header.
func (k *Keys) derive() {
	whole := sha256.Sum256(k.header.raw[:])
	k.offer, k.data = k.expand(labelOffer, whole[:]), k.expand(labelData, whole[:])
}

// expand derives a key from a label and a context.
func (k *Keys) expand(label string, context []byte) []byte {
	key, err := hkdf.Expand(sha256.New, k.prk, label+string(context), KeySize)
	if err != nil {
		panic(err) // only for keys of more than 8 KiB
	}
	return key
}

// Header returns the header of the container.
func (k *Keys) Header() *Header { return k.header }

// Claim returns a value that only somebody with the key can compute, and from which
// nothing of the key can be learnt: it proves to a store that the key is known.
func (k *Keys) Claim() [KeySize]byte { return [KeySize]byte(k.expand(labelClaim, nil)) }
