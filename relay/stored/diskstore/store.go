// Package diskstore keeps stored transfers in a folder: an Index and Blobs of package
// stored for one relay.
//
//	DIR/lock               held while a relay uses the folder
//	DIR/records/ID         a record, as JSON
//	DIR/records/counts     how many mails were sent today, by whom
//	DIR/parts/ID/NUMBER    a part
//
// A file is written beside its place, synced and renamed, so that it is there as a
// whole or not at all, whenever the process is killed or the power is cut. What was
// written in part is removed by the next Open. Start with [Open].
package diskstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tallow-transfer/tallow/internal/atomicfile"
	"github.com/tallow-transfer/tallow/internal/filelock"
)

// ErrInUse is the error of Open if another process uses the folder.
var ErrInUse = errors.New("another relay uses the folder")

// Store is an open folder.
type Store struct {
	Index *Index
	Blobs *Blobs

	lock *os.File
}

// Open opens a folder, which it makes if it is not there. Errors: ErrInUse, and those
// of the disk.
func Open(dir string) (*Store, error) {
	records, parts := filepath.Join(dir, "records"), filepath.Join(dir, "parts")
	for _, d := range []string{dir, records, parts} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := filelock.Try(lock)
	if err == nil && held {
		err = ErrInUse
	}
	s := &Store{lock: lock, Blobs: &Blobs{dir: parts}}
	if err == nil {
		err = s.Blobs.clean()
	}
	if err == nil {
		s.Index, err = openIndex(records)
	}
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("the store in %s: %w", dir, err)
	}
	return s, nil
}

// Close lets another process open the folder.
func (s *Store) Close() error { return s.lock.Close() }

// unfinished begins the names of files that are being written.
const unfinished = ".new-"

// writeFile writes a file of size bytes, as a whole or not at all, and durably.
func writeFile(path string, r io.Reader, size int64) error {
	err := atomicfile.Replace(path, unfinished+"*", func(f *os.File) error {
		_, err := io.CopyN(f, r, size)
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable, where the system can do that.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// removeUnfinished removes what a process that was killed was writing in a folder.
func removeUnfinished(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
