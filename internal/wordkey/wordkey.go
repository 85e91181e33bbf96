package wordkey

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storelink"
)

// Count is how many words there are. Each is worth 10.3 bits, all of them more than 72.
const Count = 7

// A wrapped key, with big-endian numbers:
//
//	version u8 = 1 | lanes u8 | passes u32 | memory u32 | salt 32 | sealed key 48
//
// Memory is in KiB. The sealed key is bound to all that is before it, and to the id of
// the transfer.
const (
	version    = 1
	saltAt     = 10
	sealedAt   = 42
	labelWords = "tallow/word key/1"

	// Size is the number of bytes of a wrapped key.
	Size = 90
)

var (
	// ErrFormat says that the bytes are no wrapped key.
	ErrFormat = errors.New("not a wrapped key")
	// ErrVersion says that a newer program has wrapped the key.
	ErrVersion = errors.New("a wrapped key of a version that is not known")
	// ErrWords says that the words are others, or that the wrapped key was changed.
	ErrWords = errors.New("the words are others, or the wrapped key was changed")
)

// Generate draws new words.
func Generate() ([]string, error) { return code.Generate(Count) }

// Wrap wraps the secret of a link under words that Generate has drawn.
func Wrap(l storelink.Link, words []string) ([]byte, error) {
	return wrap(l, words, container.DefaultCost(), rand.Reader)
}

// wrap takes its salt from random.
func wrap(l storelink.Link, words []string, c container.Cost, random io.Reader) ([]byte, error) {
	b := make([]byte, sealedAt, Size)
	b[0], b[1] = version, c.Lanes
	binary.BigEndian.PutUint32(b[2:], c.Passes)
	binary.BigEndian.PutUint32(b[6:], c.Memory)
	if _, err := io.ReadFull(random, b[saltAt:]); err != nil {
		return nil, err
	}
	w := Wrapped{cost: c}
	copy(w.raw[:], b)
	aead, err := w.cipher(words)
	if err != nil {
		return nil, err
	}
	return aead.Seal(b, make([]byte, aead.NonceSize()), l.Secret[:], w.bound(l.ID)), nil
}

// Wrapped is a wrapped key whose form is right.
type Wrapped struct {
	raw  [Size]byte
	cost container.Cost
}

// Parse parses a wrapped key. The error is ErrFormat, ErrVersion, or a
// *container.CostError if opening it would take too much memory or time.
func Parse(b []byte) (*Wrapped, error) {
	switch {
	case len(b) == 0:
		return nil, ErrFormat
	case b[0] != version:
		return nil, ErrVersion
	case len(b) != Size:
		return nil, ErrFormat
	}
	w := &Wrapped{cost: container.Cost{Lanes: b[1], Passes: binary.BigEndian.Uint32(b[2:]), Memory: binary.BigEndian.Uint32(b[6:])}}
	copy(w.raw[:], b)
	return w, w.cost.Check()
}

// Open returns the secret of the link of a transfer. The words may be typed in any case,
// with spaces, dashes or commas between them. The error is ErrWords, or one of
// code.ParseWords.
func (w *Wrapped) Open(id storelink.ID, typed string) (secret [storelink.SecretSize]byte, err error) {
	words, err := code.ParseWords(typed, Count)
	if err != nil {
		return secret, err
	}
	aead, err := w.cipher(words)
	if err != nil {
		return secret, err
	}
	opened, err := aead.Open(nil, make([]byte, aead.NonceSize()), w.raw[sealedAt:], w.bound(id))
	if err != nil || len(opened) != len(secret) {
		return secret, ErrWords
	}
	return [storelink.SecretSize]byte(opened), nil
}

// cipher returns the cipher of words. Its key is used once, since the salt is random, so
// the nonce is zero.
func (w *Wrapped) cipher(words []string) (cipher.AEAD, error) {
	stretched := argon2.IDKey([]byte(strings.Join(words, "-")), w.raw[saltAt:sealedAt], w.cost.Passes, w.cost.Memory, w.cost.Lanes, container.KeySize)
	key, err := hkdf.Key(sha256.New, stretched, nil, labelWords, container.KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is what a sealed key belongs to.
func (w *Wrapped) bound(id storelink.ID) []byte {
	return append(append([]byte{}, w.raw[:sealedAt]...), id[:]...)
}
