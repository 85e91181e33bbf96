package devicekey

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is the work that turns a password into a key: the parameters of Argon2id
// (RFC 9106).
type cost struct {
	passes uint32
	memory uint32 // KiB
	lanes  uint8
}

// usualCost is the second recommendation of RFC 9106, section 4: three passes over
// 64 MiB, a tenth of a second or two.
func usualCost() cost { return cost{passes: 3, memory: 64 << 10, lanes: 4} }

// What a file may ask for at most. A file that was changed may not take all the memory
// and time of who opens it.
const (
	maxPasses = 16
	maxMemory = 512 << 10 // KiB
	maxLanes  = 16
)

func (c cost) possible() bool {
	return c.passes >= 1 && c.passes <= maxPasses && c.lanes >= 1 && c.lanes <= maxLanes &&
		c.memory >= 8*uint32(c.lanes) && c.memory <= maxMemory
}

const (
	saltSize    = 32
	wrappedSize = Size + 16 // with the tag of AES-GCM
)

// wrapped is the device key sealed under a password. As a line of the file it is
//
//	password PASSES MEMORY LANES SALT SEALED
//
// with the memory in KiB, the salt and SEALED in base64. SEALED is AES-256-GCM of the
// device key with the additional data "password PASSES MEMORY LANES SALT" under
//
//	HKDF-Expand(Argon2id(password, salt, passes, memory, lanes), "tallow/1 device key password")
//
// A salt is used once, so the nonce is zero.
type wrapped struct {
	cost   cost
	salt   [saltSize]byte
	sealed [wrappedSize]byte
}

// wrap seals a key under a password.
func wrap(key *Key, password string, c cost) (*wrapped, error) {
	w := &wrapped{cost: c}
	_, _ = rand.Read(w.salt[:]) // never fails
	wrapping, err := w.wrapping(password)
	if err != nil {
		return nil, err
	}
	defer wrapping.Wipe()
	aead, err := wrapping.AEAD()
	if err != nil {
		return nil, err
	}
	aead.Seal(w.sealed[:0], make([]byte, aead.NonceSize()), key.secret[:], w.head(nil))
	return w, nil
}

// open returns the key. Error: ErrPassword.
func (w *wrapped) open(password string) (*Key, error) {
	wrapping, err := w.wrapping(password)
	if err != nil {
		return nil, err
	}
	defer wrapping.Wipe()
	aead, err := wrapping.AEAD()
	if err != nil {
		return nil, err
	}
	key := new(Key)
	if _, err := aead.Open(key.secret[:0], make([]byte, aead.NonceSize()), w.sealed[:], w.head(nil)); err != nil {
		return nil, ErrPassword
	}
	return key, nil
}

// wrapping is the key that seals the device key.
func (w *wrapped) wrapping(password string) (*Key, error) {
	stretched := argon2.IDKey([]byte(password), w.salt[:], w.cost.passes, w.cost.memory, w.cost.lanes, Size)
	defer clear(stretched)
	k := &Key{secret: [Size]byte(stretched)}
	defer k.Wipe()
	return k.Derive("tallow/1 device key password")
}

// head is the line without SEALED.
func (w *wrapped) head(b []byte) []byte {
	b = fmt.Appendf(b, "password %d %d %d ", w.cost.passes, w.cost.memory, w.cost.lanes)
	return base64.StdEncoding.AppendEncode(b, w.salt[:])
}

func (w *wrapped) append(b []byte) []byte {
	return base64.StdEncoding.AppendEncode(append(w.head(b), ' '), w.sealed[:])
}

// parseWrapped parses what append writes. Error: ErrDamaged.
func parseWrapped(line string) (*wrapped, error) {
	fields := strings.Split(line, " ")
	if len(fields) != 6 {
		return nil, ErrDamaged
	}
	var numbers [3]uint32
	for i := range numbers {
		n, err := strconv.ParseUint(fields[1+i], 10, 32)
		if err != nil {
			return nil, ErrDamaged
		}
		numbers[i] = uint32(n)
	}
	salt, err := decodeBase64(fields[4], saltSize)
	if err != nil {
		return nil, err
	}
	sealed, err := decodeBase64(fields[5], wrappedSize)
	if err != nil {
		return nil, err
	}
	w := &wrapped{
		cost: cost{passes: numbers[0], memory: numbers[1], lanes: uint8(min(numbers[2], maxLanes+1))},
		salt: [saltSize]byte(salt), sealed: [wrappedSize]byte(sealed),
	}
	if !w.cost.possible() || string(w.append(nil)) != line {
		return nil, ErrDamaged
	}
	return w, nil
}
