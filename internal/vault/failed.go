package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/tallow-transfer/tallow/internal/filelock"
)

// FailedCodeLifetime is how long a failed code is remembered.
const FailedCodeLifetime = 24 * time.Hour

const (
	failedVersion   byte = 1
	failedHashSize       = 32
	failedEntrySize      = 8 + failedHashSize

	// maxFailed bounds the entries of the file. When it is full, the entry that
	// expires first goes.
	maxFailed     = 256
	maxFailedFile = 1 + saltSize + maxFailed*failedEntrySize
)

// Argon2id's cost for a failed code: 20 to 40 ms and 19 MiB. One check costs as
// much, however many entries there are, because they share a salt.
const (
	failedPasses = 2
	failedMemory = 19 << 10 // KiB
)

// FailedCode is a code as it was tried: words as code.Code.Secret returns them,
// and the nameplate. Where it was tried makes no difference: a guess is one at
// any relay.
type FailedCode struct {
	Words     string
	Nameplate string
}

// FailedCodes remembers on disk, for FailedCodeLifetime, the codes whose
// handshake failed. Each handshake is one guess of the words for a hostile relay,
// so a receiver refuses to try such a code again.
//
// Several processes may use one file at a time. A file that is damaged counts as
// empty, and the next Add replaces it.
//
//	version u8 = 1 | salt 16 | ( expiry u64, in seconds since 1970 | hash 32 ) for each code
//
// with
//
//	hash = Argon2id(lv("tallow/2 failed code") || lv(words) || lv(nameplate), salt, t = 2, m = 19 MiB, p = 1)
//
// The file does not hold the codes themselves: a code that failed here because of
// the relay may still be good at its sender.
type FailedCodes struct {
	// Path is the file, in a directory of its user's alone. Add makes the
	// directory if there is none, and a lock beside the file: Path + ".lock".
	Path string

	// Now returns the time; nil means time.Now.
	Now func() time.Time
}

// failedFile is what the file holds.
type failedFile struct {
	salt    [saltSize]byte
	entries []failedEntry
}

type failedEntry struct {
	expires time.Time // whole seconds
	hash    [failedHashSize]byte
}

// Add remembers that a code failed, from now on. It takes 20 to 40 ms, and longer
// while other processes do the same.
func (f FailedCodes) Add(c FailedCode) error {
	return f.change(func(file *failedFile, now time.Time) error {
		if len(file.entries) == 0 { // a salt lives no longer than what it is for
			if _, err := rand.Read(file.salt[:]); err != nil {
				return fmt.Errorf("the system's random source failed: %w", err)
			}
		}
		hash := file.hash(c)
		file.entries = slices.DeleteFunc(file.entries, func(e failedEntry) bool { return e.hash == hash })
		if len(file.entries) >= maxFailed {
			first := slices.MinFunc(file.entries, func(a, b failedEntry) int { return a.expires.Compare(b.expires) })
			i := slices.Index(file.entries, first)
			file.entries = slices.Delete(file.entries, i, i+1)
		}
		file.entries = append(file.entries, failedEntry{now.Add(FailedCodeLifetime), hash})
		return nil
	})
}

// Has reports whether a code failed less than FailedCodeLifetime ago. It takes 20
// to 40 ms if any code did, and writes nothing.
func (f FailedCodes) Has(c FailedCode) (bool, error) {
	file, err := f.read()
	if err != nil {
		return false, err
	}
	file.prune(f.now())
	if len(file.entries) == 0 {
		return false, nil
	}
	hash := file.hash(c)
	return slices.ContainsFunc(file.entries, func(e failedEntry) bool {
		return subtle.ConstantTimeCompare(e.hash[:], hash[:]) == 1
	}), nil
}

// Prune drops expired entries from the file, and the file if none is left.
func (f FailedCodes) Prune() error {
	if _, err := os.Lstat(f.Path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.change(func(*failedFile, time.Time) error { return nil })
}

func (f FailedCodes) now() time.Time {
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	return now().Truncate(time.Second)
}

// change replaces the file by what edit makes of its live entries, while no other
// process does the same.
func (f FailedCodes) change(edit func(*failedFile, time.Time) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(f.Path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which gives the lock up
	if err := filelock.Wait(lock); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	file, err := f.read()
	if err != nil {
		return err
	}
	now := f.now()
	file.prune(now)
	if err := edit(&file, now); err != nil {
		return err
	}
	if len(file.entries) == 0 {
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return replaceFile(f.Path, file.append(nil))
}

// read returns what the file holds: nothing if there is none or it is damaged.
func (f FailedCodes) read() (failedFile, error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return failedFile{}, nil
	}
	if err != nil {
		return failedFile{}, err
	}
	b, err := io.ReadAll(io.LimitReader(file, maxFailedFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return failedFile{}, err
	}
	parsed, err := parseFailed(b)
	if err != nil {
		return failedFile{}, nil //nolint:nilerr // the next Add replaces it
	}
	return parsed, nil
}

// replaceFile writes a file anew, so that other processes, and a machine that
// loses power, have the old one or the new one.
func replaceFile(path string, content []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = io.Copy(temp, bytes.NewReader(content))
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// prune drops what has expired. An entry from a time to come, after the clock was
// set back, expires FailedCodeLifetime from now at the latest.
func (f *failedFile) prune(now time.Time) {
	latest := now.Add(FailedCodeLifetime)
	f.entries = slices.DeleteFunc(f.entries, func(e failedEntry) bool { return !e.expires.After(now) })
	for i, e := range f.entries {
		if e.expires.After(latest) {
			f.entries[i].expires = latest
		}
	}
}

func (f *failedFile) hash(c FailedCode) (hash [failedHashSize]byte) {
	password := appendLV(nil, "tallow/2 failed code")
	password = appendLV(password, c.Words)
	password = appendLV(password, c.Nameplate)
	copy(hash[:], argon2.IDKey(password, f.salt[:], failedPasses, failedMemory, argonThreads, failedHashSize))
	return hash
}

func (f *failedFile) append(b []byte) []byte {
	b = append(append(b, failedVersion), f.salt[:]...)
	for _, e := range f.entries {
		b = binary.BigEndian.AppendUint64(b, uint64(e.expires.Unix()))
		b = append(b, e.hash[:]...)
	}
	return b
}

// parseFailed parses what append writes. Error: ErrMalformed.
func parseFailed(b []byte) (failedFile, error) {
	const header = 1 + saltSize
	if len(b) < header || len(b) > maxFailedFile || (len(b)-header)%failedEntrySize != 0 || b[0] != failedVersion {
		return failedFile{}, ErrMalformed
	}
	f := failedFile{salt: [saltSize]byte(b[1:header])}
	for rest := b[header:]; len(rest) > 0; rest = rest[failedEntrySize:] {
		seconds := binary.BigEndian.Uint64(rest)
		if seconds > 1<<40 {
			return failedFile{}, ErrMalformed
		}
		f.entries = append(f.entries, failedEntry{time.Unix(int64(seconds), 0), [failedHashSize]byte(rest[8:failedEntrySize])})
	}
	return f, nil
}
