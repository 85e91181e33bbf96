package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tallow-transfer/tallow/internal/filelock"
	"github.com/tallow-transfer/tallow/internal/privatefile"
)

const machineKeySize = 32

// errNoMachineKey means that there is no folder for a machine key.
var errNoMachineKey = errors.New("there is no key of this machine")

// MachineKey is this machine's key, 32 random bytes in a file of its user's alone. It
// seals what only this machine has to open again, which costs nothing, while a key
// made of the words of a code has to be expensive.
//
// Several processes may use one file at a time. The zero MachineKey has no key: nothing
// can be sealed by it or opened.
type MachineKey struct {
	// Path is the file. It is made when the key is first needed, with its directory
	// and a lock beside it: Path + ".lock".
	Path string
}

// SealResume seals a state under the machine key together with a code, as SealResume
// does under the code alone, but for no time. It fails if the key cannot be had, or
// if others may read it.
//
//	version u8 = 3 | salt 16 | AES-256-GCM of (secret 32 | room 16 | relay, the rest) | tag 16
//
// with
//
//	key = HKDF-SHA256(ikm = machine key, salt, info = lv("tallow/2 resume state") || lv(words) || lv(nameplate))
//
// and else as there.
func (k MachineKey) SealResume(words, nameplate string, state ResumeState) ([]byte, error) {
	secret, err := k.secret()
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return sealResume(machineVersion, machineResumeKey(secret), words, nameplate, state)
}

// machineResumeKey derives keys from a machine key.
func machineResumeKey(secret []byte) resumeKey {
	return func(words, nameplate string, salt []byte) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, salt, string(resumeContext(words, nameplate)), 32)
	}
}

// secret returns the machine key, and makes it if there is none.
func (k MachineKey) secret() ([]byte, error) {
	secret, err := k.read()
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	return k.create()
}

// read reads the key. A file that others may read is none: whoever made it so has
// read it.
func (k MachineKey) read() ([]byte, error) {
	if k.Path == "" {
		return nil, errNoMachineKey
	}
	secret, exposed, err := privatefile.Read(k.Path, machineKeySize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.Path, err)
	}
	if exposed != 0 {
		return nil, fmt.Errorf("%s may be read by others: its mode is %04o; remove it, and a new one is made", k.Path, exposed)
	}
	if len(secret) != machineKeySize {
		return nil, fmt.Errorf("%s is damaged; remove it, and a new one is made", k.Path)
	}
	return secret, nil
}

// create makes the key, unless another process has made one meanwhile.
func (k MachineKey) create() (_ []byte, err error) {
	if err := os.MkdirAll(filepath.Dir(k.Path), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(k.Path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which gives the lock up
	if err := filelock.Wait(lock); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if secret, err := k.read(); !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret := make([]byte, machineKeySize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("the system's random source failed: %w", err)
	}
	return secret, privatefile.Replace(k.Path, secret)
}
