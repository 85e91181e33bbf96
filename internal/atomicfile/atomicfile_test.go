package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tallow-transfer/tallow/internal/atomicfile"
)

// fill writes a text.
func fill(text string) func(*os.File) error {
	return func(f *os.File) error {
		_, err := f.WriteString(text)
		return err
	}
}

// want fails the test unless a folder has only the file "f", with a text.
func want(t *testing.T, dir, text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v are there, %v", entries, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "f")); string(b) != text {
		t.Errorf("the file has %q, %v; want %q", b, err, text)
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"first", "second", ""} {
		if err := atomicfile.Replace(path, ".new-*", fill(text)); err != nil {
			t.Fatal(err)
		}
		want(t, dir, text)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// Whatever fails, the old file is there, and nothing else.
func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := atomicfile.Replace(path, ".new-*", func(f *os.File) error { return errors.Join(fill("half")(f), broken) })
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	want(t, dir, "old")
	err = atomicfile.Replace(path, ".new-*", func(f *os.File) error { return errors.Join(fill("new")(f), f.Close()) })
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("a file that cannot be synced: %v", err)
	}
	want(t, dir, "old")
	folder := filepath.Join(dir, "f", "below")
	if err := atomicfile.Replace(folder, ".new-*", fill("new")); err == nil {
		t.Error("there is no such folder")
	}
	taken := t.TempDir()
	if err := os.MkdirAll(filepath.Join(taken, "f", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Replace(filepath.Join(taken, "f"), ".new-*", fill("new")); err == nil {
		t.Error("a folder is replaced")
	}
	if entries, err := os.ReadDir(taken); err != nil || len(entries) != 1 {
		t.Errorf("%v are there, %v", entries, err)
	}
}
