package vault

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/argon2"
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

// FailedCodes remembers, for FailedCodeLifetime, the codes whose handshake failed. Each handshake is one guess of the words for a hostile relay,
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

	// Store takes the place of the file where there are none, as in a browser.
	Store FailedStore

	// Now returns the time; nil means time.Now.
	Now func() time.Time
}

// FailedStore keeps the bytes of a FailedCodes.
type FailedStore interface {
	// Read returns what is kept: nil if nothing is.
	Read() ([]byte, error)
	// Update replaces what is kept by what edit makes of it, nil for nothing, while
	// no other process does the same.
	Update(edit func(kept []byte) ([]byte, error)) error
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
	kept, err := f.store().Read()
	if err != nil {
		return false, err
	}
	file := keptCodes(kept)
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
	if kept, err := f.store().Read(); err == nil && kept == nil {
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

func (f FailedCodes) store() FailedStore {
	if f.Store != nil {
		return f.Store
	}
	return failedPath(f.Path)
}

// change replaces what is kept by what edit makes of its live entries.
func (f FailedCodes) change(edit func(*failedFile, time.Time) error) error {
	return f.store().Update(func(kept []byte) ([]byte, error) {
		file, now := keptCodes(kept), f.now()
		file.prune(now)
		if err := edit(&file, now); err != nil || len(file.entries) == 0 {
			return nil, err
		}
		return file.append(nil), nil
	})
}

// keptCodes returns what is kept: nothing if it is damaged. The next Add replaces
// it.
func keptCodes(kept []byte) failedFile {
	file, err := parseFailed(kept)
	if err != nil {
		return failedFile{}
	}
	return file
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
