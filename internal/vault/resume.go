package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// MaxSealedResume is the most that SealResume returns and OpenResume takes, in
// bytes.
const MaxSealedResume = 1024

// MaxRelay is the most that ResumeState.Relay may have, in bytes.
const MaxRelay = MaxSealedResume - headerSize - secretSize - roomSize - tagSize

const (
	resumeVersion  byte = 2 // by SealResume
	machineVersion byte = 3 // by MachineKey.SealResume

	saltSize   = 16
	headerSize = 1 + saltSize
	secretSize = 32
	roomSize   = 16
	tagSize    = 16
)

// Argon2id's cost (RFC 9106): 50 to 100 ms and 32 MiB. It belongs to
// resumeVersion and is not read from the file, so that a file cannot ask for
// more.
const (
	argonPasses  = 3
	argonMemory  = 32 << 10 // KiB
	argonThreads = 1
)

// Why a state cannot be opened. After either, a transfer with a new code from the
// sender still keeps what is there, by block hash.
var (
	// ErrMalformed means that the bytes were never sealed by this version.
	ErrMalformed = errors.New("the sealed resume state is damaged; ask the sender for a new code: what is there is kept")

	// ErrWrongWords means that other words or another nameplate sealed the
	// state, or that it was changed since. The two cannot be told apart.
	ErrWrongWords = errors.New("this is not the code of the transfer that stopped here; " +
		"type the same one, or ask the sender for a new code: what is there is kept")
)

// ResumeState is what a receiver that was started again needs to reach the sender
// that still waits.
type ResumeState struct {
	Secret [32]byte // handshake.Secrets.ResumeSecret
	Room   [16]byte // handshake.Secrets.ResumeRoom
	Relay  string   // where the room is, as its user named it; UTF-8, at most MaxRelay bytes
}

// SealResume seals a state under a code: words as code.Code.Secret returns
// them, and the nameplate. It takes 50 to 100 ms and 32 MiB. It fails if the
// code is not whole, or if the state's relay is not UTF-8 or is too long.
//
//	version u8 = 2 | salt 16 | AES-256-GCM of (secret 32 | room 16 | relay, the rest) | tag 16
//
// with
//
//	key   = Argon2id(lv("tallow/2 resume state") || lv(words) || lv(nameplate), salt, t = 3, m = 32 MiB, p = 1)
//	nonce = zeros
//	additional data = version || salt
//
// where lv(x) is the length of x in LEB128, then x.
func SealResume(words, nameplate string, state ResumeState) ([]byte, error) {
	return sealResume(resumeVersion, argonKey, words, nameplate, state)
}

// resumeKey derives the key that seals a state from a code and a salt.
type resumeKey func(words, nameplate string, salt []byte) ([]byte, error)

func sealResume(version byte, key resumeKey, words, nameplate string, state ResumeState) ([]byte, error) {
	if words == "" || nameplate == "" {
		return nil, errors.New("sealing the resume state: a nameplate and words are needed")
	}
	if len(state.Relay) > MaxRelay {
		return nil, fmt.Errorf("sealing the resume state: a relay's name of %d bytes, at most %d allowed", len(state.Relay), MaxRelay)
	}
	if !utf8.ValidString(state.Relay) {
		return nil, errors.New("sealing the resume state: the relay's name is not UTF-8")
	}
	header := make([]byte, headerSize, MaxSealedResume)
	header[0] = version
	if _, err := rand.Read(header[1:]); err != nil {
		return nil, fmt.Errorf("the system's random source failed: %w", err)
	}
	aead, err := resumeAEAD(key, words, nameplate, header[1:])
	if err != nil {
		return nil, err
	}
	return seal(aead, header, state), nil
}

// OpenResume opens what SealResume or MachineKey.SealResume returned, with the same code.
// It takes as much time and memory. Errors: ErrMalformed, ErrWrongWords; and those of
// the machine key, which is not made.
func OpenResume(words, nameplate string, sealed []byte, machine MachineKey) (ResumeState, error) {
	if err := checkSealed(sealed); err != nil {
		return ResumeState{}, err
	}
	key := resumeKey(argonKey)
	if sealed[0] == machineVersion {
		secret, err := machine.read()
		if err != nil {
			return ResumeState{}, err
		}
		defer clear(secret)
		key = machineResumeKey(secret)
	}
	aead, err := resumeAEAD(key, words, nameplate, sealed[1:headerSize])
	if err != nil {
		return ResumeState{}, err
	}
	return open(aead, sealed)
}

// checkSealed checks what can be checked without the code, before the expensive
// key is derived.
func checkSealed(sealed []byte) error {
	const least = headerSize + secretSize + roomSize + tagSize
	if len(sealed) < least || len(sealed) > MaxSealedResume {
		return fmt.Errorf("%w (%d bytes)", ErrMalformed, len(sealed))
	}
	if sealed[0] != resumeVersion && sealed[0] != machineVersion {
		return fmt.Errorf("%w (its format is %d, this tallow knows %d and %d)", ErrMalformed, sealed[0], resumeVersion, machineVersion)
	}
	return nil
}

// resumeAEAD returns the cipher of one salt. It seals one state.
func resumeAEAD(derive resumeKey, words, nameplate string, salt []byte) (cipher.AEAD, error) {
	key, err := derive(words, nameplate, salt)
	if err != nil {
		return nil, fmt.Errorf("resume state: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("resume state: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("resume state: %w", err)
	}
	return aead, nil
}

// argonKey derives a key from the code alone. It is a resumeKey.
func argonKey(words, nameplate string, salt []byte) ([]byte, error) {
	return argon2.IDKey(resumeContext(words, nameplate), salt, argonPasses, argonMemory, argonThreads, 32), nil
}

// resumeContext is what a key of a state depends on, besides its secret and salt.
func resumeContext(words, nameplate string) []byte {
	b := appendLV(nil, "tallow/2 resume state")
	return appendLV(appendLV(b, words), nameplate)
}

// seal appends to header. The nonce is zero because each key is used once: every
// state has a salt of its own.
func seal(aead cipher.AEAD, header []byte, state ResumeState) []byte {
	plain := state.append(make([]byte, 0, secretSize+roomSize+MaxRelay))
	defer clear(plain)
	return aead.Seal(header, make([]byte, aead.NonceSize()), plain, header)
}

// open opens what checkSealed has accepted.
func open(aead cipher.AEAD, sealed []byte) (ResumeState, error) {
	header, ciphertext := sealed[:headerSize], sealed[headerSize:]
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), ciphertext, header)
	if err != nil {
		return ResumeState{}, ErrWrongWords
	}
	defer clear(plain)
	return parseState(plain)
}

func (s ResumeState) append(b []byte) []byte {
	b = append(b, s.Secret[:]...)
	b = append(b, s.Room[:]...)
	return append(b, s.Relay...)
}

func parseState(b []byte) (ResumeState, error) {
	if len(b) < secretSize+roomSize || !utf8.Valid(b[secretSize+roomSize:]) {
		return ResumeState{}, ErrMalformed
	}
	return ResumeState{
		Secret: [32]byte(b[:secretSize]),
		Room:   [16]byte(b[secretSize : secretSize+roomSize]),
		Relay:  string(b[secretSize+roomSize:]),
	}, nil
}

func appendLV(b []byte, p string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(p))), p...)
}
