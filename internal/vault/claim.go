package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// claimVersion is the first byte of what SealClaim returns. It differs from those of a
// resume state, beside which it may lie.
const claimVersion byte = 4

const (
	claimSize       = 16
	claimNonceSize  = 12
	sealedClaimSize = 1 + claimNonceSize + claimSize + tagSize
)

// SealClaim seals the name under which a receiver has claimed a download of a stored
// transfer, so that it can claim the same one again after it was killed. Secret and id
// are those of the transfer's link.
//
//	version u8 = 4 | nonce 12 | AES-256-GCM of the name 16 | tag 16
//
// with
//
//	key = HKDF-SHA256(ikm: secret, salt: "", info: "tallow/1 claim")
//	additional data = version || id
func SealClaim(secret [32]byte, id, claim [claimSize]byte) ([]byte, error) {
	aead, err := claimAEAD(secret)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 1+claimNonceSize, sealedClaimSize)
	sealed[0] = claimVersion
	if _, err := rand.Read(sealed[1:]); err != nil {
		return nil, fmt.Errorf("the system's random source failed: %w", err)
	}
	return aead.Seal(sealed, sealed[1:], claim[:], claimData(id)), nil
}

// OpenClaim opens what SealClaim sealed. It is false if that is of another link, is
// damaged, or is something else.
func OpenClaim(secret [32]byte, id [16]byte, sealed []byte) (claim [claimSize]byte, ok bool) {
	if len(sealed) != sealedClaimSize || sealed[0] != claimVersion {
		return claim, false
	}
	aead, err := claimAEAD(secret)
	if err != nil {
		return claim, false
	}
	opened, err := aead.Open(nil, sealed[1:1+claimNonceSize], sealed[1+claimNonceSize:], claimData(id))
	if err != nil {
		return claim, false
	}
	return [claimSize]byte(opened), true
}

func claimData(id [16]byte) []byte { return append([]byte{claimVersion}, id[:]...) }

func claimAEAD(secret [32]byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret[:], nil, "tallow/1 claim", 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
