package code

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
)

// MinSecret is the least length of a secret that codes are derived from, in bytes.
// Whoever sees a derived code can try secrets on it, so the secret has to be one
// that nobody can guess.
const MinSecret = 32

// The nameplates of codes that are made before there is a room have nine digits, so
// that two of them hardly ever meet at one relay.
const (
	lowestLong = 100_000_000
	longCount  = 900_000_000
)

// New returns a new code with n words, for a sender and a receiver that both get it
// beforehand. Its nameplate has nine digits and is drawn by crypto/rand.
func New(n int) (Code, error) {
	words, err := Generate(n)
	if err != nil {
		return Code{}, err
	}
	drawn, err := rand.Int(rand.Reader, big.NewInt(longCount))
	if err != nil {
		return Code{}, fmt.Errorf("the system's random source failed: %w", err)
	}
	return Code{Nameplate: strconv.FormatInt(lowestLong+drawn.Int64(), 10), Words: words}, nil
}

// Derive returns the code with n words that a secret and a label have, always the
// same. Without the secret, nobody can tell it from one that was drawn. The secret
// has MinSecret bytes at least. docs/protocol.md, section 2, has the computation.
func Derive(secret, label string, n int) (Code, error) {
	if n < MinWords || n > MaxWords {
		return Code{}, fmt.Errorf("a code has %d to %d words, not %d", MinWords, MaxWords, n)
	}
	if len(secret) < MinSecret {
		return Code{}, fmt.Errorf("the secret has %d bytes, and needs %d", len(secret), MinSecret)
	}
	stream, err := hkdf.Key(sha256.New, []byte(secret), nil, "tallow derived code\x00"+label, 512)
	if err != nil {
		return Code{}, err
	}
	d := draws{stream}
	plate, err := d.below(longCount)
	if err != nil {
		return Code{}, err
	}
	c := Code{Nameplate: strconv.FormatUint(lowestLong+uint64(plate), 10)}
	short := words().short
	for len(c.Words) < n {
		i, err := d.below(uint32(len(short)))
		if err != nil {
			return Code{}, err
		}
		if !slices.Contains(c.Words, short[i]) {
			c.Words = append(c.Words, short[i])
		}
	}
	return c, nil
}

// draws are the numbers that are left of a stream of random bytes.
type draws struct{ stream []byte }

// below returns the next number that is less than n. Numbers of 32 bits that are too
// large for all results to be equally likely are passed over.
func (d *draws) below(n uint32) (uint32, error) {
	whole := uint64(1<<32) / uint64(n) * uint64(n)
	for len(d.stream) >= 4 {
		v := binary.BigEndian.Uint32(d.stream)
		d.stream = d.stream[4:]
		if uint64(v) < whole {
			return v % n, nil
		}
	}
	return 0, fmt.Errorf("no number below %d: %w", n, io.ErrUnexpectedEOF)
}

// CheckStrength returns ErrWeak for a code that a sender should not use: one with
// less than DefaultWords words, or with a word twice, which no drawn code has.
func (c Code) CheckStrength() error {
	sorted := slices.Sorted(slices.Values(c.Words))
	if len(slices.Compact(sorted)) < max(DefaultWords, len(c.Words)) {
		return ErrWeak
	}
	return nil
}
