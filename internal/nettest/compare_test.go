//go:build linux

package nettest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// same fails unless two files or folders have the same names, kinds, permissions,
// times and bytes. It returns the number of files and bytes.
func same(t *testing.T, want, got string) (files, size int64) {
	t.Helper()
	err := filepath.WalkDir(want, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(want, path)
		if err != nil {
			return err
		}
		n, err := sameEntry(path, filepath.Join(got, name))
		if n >= 0 {
			files, size = files+1, size+n
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(got, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(got, path)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(want, name)); err != nil {
			return fmt.Errorf("%s was not sent: %w", path, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, size
}

// sameEntry compares one entry. The size is -1 if it is not a regular file.
func sameEntry(want, got string) (size int64, err error) {
	w, err := os.Lstat(want)
	if err != nil {
		return -1, err
	}
	g, err := os.Lstat(got)
	if err != nil {
		return -1, err
	}
	switch {
	case w.Mode() != g.Mode():
		return -1, errors.New(got + " has another mode: " + g.Mode().String() + ", sent was " + w.Mode().String())
	case w.Mode()&fs.ModeSymlink != 0:
		return -1, sameLink(want, got)
	case !w.Mode().IsRegular():
		return -1, nil
	case !w.ModTime().Equal(g.ModTime()):
		return -1, errors.New(got + " has another time: " + g.ModTime().String() + ", sent was " + w.ModTime().String())
	}
	return w.Size(), sameBytes(want, got)
}

func sameLink(want, got string) error {
	w, err := os.Readlink(want)
	if err != nil {
		return err
	}
	g, err := os.Readlink(got)
	if err == nil && w != g {
		err = errors.New(got + " points to " + g + ", sent was " + w)
	}
	return err
}

func sameBytes(want, got string) error {
	w, err := os.Open(want)
	if err != nil {
		return err
	}
	defer w.Close()
	g, err := os.Open(got)
	if err != nil {
		return err
	}
	defer g.Close()
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(w, a)
		m, errB := io.ReadFull(g, b)
		if n != m || !bytes.Equal(a[:n], b[:m]) {
			return errors.New(got + " has other bytes than were sent")
		}
		switch {
		case errA == io.EOF || errA == io.ErrUnexpectedEOF:
			return nil
		case errA != nil:
			return errA
		case errB != nil:
			return errB
		}
	}
}
