package vault

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/internal/filelock"
)

// MeetingLifetime is how long the state of a meeting is kept after its process was
// killed.
const MeetingLifetime = 24 * time.Hour

// maxMeetings bounds what Sealed reads: anyone who runs programs as this user can
// have made the files.
const maxMeetings = 64

// Meetings remembers on disk the senders that a receiver has met, each sealed by
// MachineKey.SealResume or SealResume, until the transfer has ended: a receiver that is killed before it has
// anything of the transfer on its disk finds its sender again with the same code.
// Several processes may use one folder at a time.
type Meetings struct {
	// Dir is a folder of its user's alone. Add makes it if there is none.
	Dir string

	// Now returns the time; nil means time.Now.
	Now func() time.Time
}

// Meeting is the state of one meeting on the disk. While it is open, no other
// process takes it for one that was left.
type Meeting struct{ file *os.File }

// Add stores a sealed state.
func (m Meetings) Add(sealed []byte) (*Meeting, error) {
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return nil, err
	}
	var name [16]byte
	_, _ = rand.Read(name[:]) // never fails
	f, err := os.OpenFile(filepath.Join(m.Dir, hex.EncodeToString(name[:])), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	meeting := &Meeting{f}
	// The error is ignored, because some network file systems have no locks: there a
	// second process with the same code would take the sender over from this one.
	_, _ = filelock.Try(f)
	if _, err := f.Write(sealed); err != nil {
		return nil, errors.Join(err, meeting.Forget())
	}
	return meeting, nil
}

// Replace has the meeting keep another sealed state.
func (m Meetings) Replace(old *Meeting, sealed []byte) (*Meeting, error) {
	meeting, err := m.Add(sealed) // first, so that there always is one
	if err != nil {
		return old, err
	}
	return meeting, old.Forget()
}

// Close leaves the state for another process.
func (m *Meeting) Close() error { return m.file.Close() }

// Forget removes the state.
func (m *Meeting) Forget() error {
	err := m.file.Close() // first, since not every system removes what is open
	return errors.Join(err, ignoreMissing(os.Remove(m.file.Name())))
}

// left is a state that a killed process left.
type left struct {
	path   string
	at     time.Time
	sealed []byte
}

// Sealed returns the states that killed processes left, the newest first, and
// removes those that are too old. What cannot be read is left out.
func (m Meetings) Sealed() [][]byte {
	var all [][]byte
	for _, l := range m.left() {
		all = append(all, l.sealed)
	}
	return all
}

// Forget removes a state that Sealed returned: its transfer goes on in this process.
func (m Meetings) Forget(sealed []byte) error {
	var errs []error
	for _, l := range m.left() {
		if slices.Equal(l.sealed, sealed) {
			errs = append(errs, ignoreMissing(os.Remove(l.path)))
		}
	}
	return errors.Join(errs...)
}

func (m Meetings) left() (found []left) {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return nil
	}
	for _, e := range entries[:min(len(entries), maxMeetings)] {
		l, err := m.read(filepath.Join(m.Dir, e.Name()))
		if err == nil {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, func(a, b left) int { return cmp.Compare(b.at.UnixNano(), a.at.UnixNano()) })
	return found
}

// errInUse is the error for the state of a process that runs.
var errInUse = errors.New("in use")

// read reads one state, and removes it if it is too old. One from a time to come,
// after the clock was set back, gets the time of now, and so lasts no longer either.
func (m Meetings) read(path string) (l left, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return l, err
	}
	if held, _ := filelock.Try(f); held || !info.Mode().IsRegular() {
		return l, errInUse
	}
	switch age := m.now().Sub(info.ModTime()); {
	case age > MeetingLifetime:
		_ = f.Close()
		return l, errors.Join(fs.ErrNotExist, os.Remove(path))
	case age < 0:
		_ = os.Chtimes(path, m.now(), m.now())
	}
	l = left{path: path, at: info.ModTime()}
	l.sealed, err = io.ReadAll(io.LimitReader(f, MaxSealedResume+1))
	return l, err
}

func (m Meetings) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
