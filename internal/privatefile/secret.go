package privatefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// oldSuffix names what ReplaceSecret overwrites. Replace has random numbers there.
const oldSuffix = ".0"

// ReplaceSecret is Replace for a file whose old content nobody may read any more: it is
// overwritten with zeros once the new one is in place, if the file system has hard
// links. Who is reading it at that moment may see the zeros. If others replace the same
// file, the caller holds a lock.
func ReplaceSecret(path string, content []byte) error {
	old := path + oldSuffix
	if err := discard(old, path); err != nil {
		return err
	}
	linked := os.Link(path, old) == nil
	err := Replace(path, content)
	if linked {
		err = errors.Join(err, discard(old, path))
	}
	return err
}

// Sweep removes what Replace and ReplaceSecret of a file have left, as their process was
// killed, and overwrites it with zeros. The caller holds a lock.
func Sweep(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if !ok || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if err := discard(filepath.Join(filepath.Dir(path), e.Name()), path); err != nil {
			return err
		}
	}
	return nil
}

// discard removes a file, and overwrites it unless it is another name of path.
func discard(name, path string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if kept, err := os.Lstat(path); err == nil && os.SameFile(info, kept) {
		return os.Remove(name)
	}
	return Remove(name, int(info.Size()))
}
