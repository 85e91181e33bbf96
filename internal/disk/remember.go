package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// MaxSealed bounds what Remember takes, in bytes.
const MaxSealed = 1024

// Bounds of what Remembered gives, which anybody may have filled who can run
// programs as this user.
const (
	maxRemembered  = 16  // of one folder, the newest
	maxRememberers = 128 // folders
)

var errNotBegun = errors.New("the transfer has not begun or is over")

// Remember keeps sealed, 1 to MaxSealed bytes that mean nothing here, in the
// journal, for Remembered to find in a later process. It comes after Begin, also
// one that has found too little room, and before Finish. When it returns, they survive a power cut. They alone do not
// keep anything of ours on the disk: a Close with nothing that can be resumed
// removes them, as Finish does.
func (f *Folder) Remember(blob []byte) error {
	if len(blob) == 0 || len(blob) > MaxSealed {
		return fmt.Errorf("%d bytes cannot be remembered: it takes 1 to %d", len(blob), MaxSealed)
	}
	f.remembering.Lock()
	defer f.remembering.Unlock()
	f.mu.Lock()
	begun := f.partial != nil && !f.left
	f.mu.Unlock()
	if !begun {
		return errNotBegun
	}
	f.partial.journal.add(sealed{Blob: blob})
	if err := f.partial.journal.flush(); err != nil {
		return f.writeError(err)
	}
	if err := f.partial.journal.f.Sync(); err != nil {
		return f.writeError(err)
	}
	// The names that lead to it, too, have to survive.
	dir, err := f.dest.Open(".")
	if err != nil {
		return f.writeError(err)
	}
	defer dir.Close()
	syncFolder(f.partial.file)
	syncFolder(dir)
	return f.writeError(syncWhole(dir))
}

// Keep has Close leave what was remembered, although nothing has arrived that is
// worth a resume.
func (f *Folder) Keep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.worth = true
}

// Remembered is what earlier processes of this user gave to Remember for
// transfers into the folder dir that were interrupted: of those that no running
// process is at, the newest first. What cannot be read, or makes no sense, is
// passed over. Nothing is written.
func Remembered(dir string) [][]byte {
	dest, err := os.OpenRoot(dir)
	if err != nil {
		return nil
	}
	defer dest.Close()
	var found []recalled
	for _, name := range partialNames(dest) {
		if m, ok := recall(dest, name); ok {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b recalled) int { return b.at.Compare(a.at) })
	var blobs [][]byte
	for _, m := range found {
		blobs = append(blobs, m.blobs...)
	}
	return blobs
}

// recalled is what one partial folder remembers.
type recalled struct {
	at    time.Time // when the journal was last written
	blobs [][]byte  // the newest first
}

// partialNames are the names in dest that may be of partial folders.
func partialNames(dest *os.Root) (found []string) {
	list, err := dest.Open(".")
	if err != nil {
		return nil
	}
	defer list.Close()
	for len(found) < maxRememberers {
		names, err := list.Readdirnames(readBatch)
		for _, name := range names {
			if strings.HasPrefix(name, partialPrefix) {
				found = append(found, name)
			}
		}
		if len(names) == 0 || err != nil {
			break
		}
	}
	return found[:min(len(found), maxRememberers)]
}

// recall reads what the partial folder name of dest remembers; false if it is
// not ours, in use, or has nothing.
func recall(dest *os.Root, name string) (m recalled, ok bool) {
	info, err := dest.Lstat(name)
	if err != nil || !info.IsDir() || !ownedByUs(info) {
		return m, false
	}
	root, err := openFolder(dest, name, info)
	if err != nil {
		return m, false
	}
	defer root.Close()
	// The lock comes last and is held for no longer than it takes to see it:
	// whoever begins meanwhile would think that the folder is in use.
	m, err = recallJournal(root)
	return m, err == nil && len(m.blobs) > 0 && !inUse(root)
}

func recallJournal(root *os.Root) (m recalled, err error) {
	f, info, err := openRegular(root, journalName)
	if err != nil {
		return m, err
	}
	defer f.Close()
	m.at = info.ModTime()
	// No more than what was there at the look: it may grow.
	_, err = readRecords(io.NewSectionReader(f, 0, info.Size()), func(at int64, t recordType, body []byte) bool {
		switch {
		case at == 0:
			head, ok := parseOpened(body)
			return t == typeOpened && ok && head.Version == journalVersion
		case t == typeOpened:
			return false
		case t != typeSealed:
			return true
		}
		r, ok := parseSealed(body)
		if ok {
			m.add(r.Blob)
		}
		return ok
	})
	slices.Reverse(m.blobs)
	return m, err
}

func (m *recalled) add(blob []byte) {
	m.blobs = slices.DeleteFunc(m.blobs, func(b []byte) bool { return bytes.Equal(b, blob) })
	if len(m.blobs) == maxRemembered {
		m.blobs = m.blobs[1:]
	}
	m.blobs = append(m.blobs, blob)
}

// inUse says whether a running process has the partial folder root.
func inUse(root *os.Root) bool {
	lock, _, err := openRegular(root, lockName)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer lock.Close()
	held, _ := tryLock(lock) // as in takeLock
	return held
}

// openRegular opens the regular file name of root, and nothing else that may
// have its name, for reading.
func openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	listed, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || !os.SameFile(listed, info)) {
		err = errReplaced
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}
