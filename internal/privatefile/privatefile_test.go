package privatefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestReplaceAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if _, _, err := Read(path, 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is there: %v", err)
	}
	for _, content := range []string{"first", "", "second one"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, exposed, err := Read(path, 10)
		if err != nil || string(got) != content || exposed != 0 {
			t.Errorf("%q, %v, %v; want %q", got, exposed, err, content)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside it there is %v, %v", entries, err)
	}
}

// A file that is too long shows, and is not read whole.
func TestReadLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := Replace(path, bytes.Repeat([]byte("x"), 100)); err != nil {
		t.Fatal(err)
	}
	if got, _, err := Read(path, 10); err != nil || len(got) != 11 {
		t.Errorf("%d bytes, %v; want 11", len(got), err)
	}
}

// A file that cannot be replaced stays as it is, and nothing else is left.
func TestReplaceFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.MkdirAll(filepath.Join(path, "in it"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("there is %v, %v", entries, err)
	}
}

func TestExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := filepath.Join(t.TempDir(), "secret")
	if err := Replace(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o602, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, exposed, err := Read(path, 10); err != nil || exposed != mode {
			t.Errorf("%v, %v; want %v", exposed, err, mode)
		}
		if err := Restrict(path); err != nil {
			t.Fatal(err)
		}
		if _, exposed, err := Read(path, 10); err != nil || exposed != 0 {
			t.Errorf("restricted: %v, %v", exposed, err)
		}
	}
}

// Remove leaves nothing of the content, also where another link to the file is.
func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := Replace(path, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	other := path + ".link"
	if err := os.Link(path, other); err != nil {
		t.Skip("no hard links here")
	}
	if err := Remove(path, 6); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if got, err := os.ReadFile(other); err != nil || !bytes.Equal(got, make([]byte, 6)) {
		t.Errorf("%q, %v", got, err)
	}
}

// What is not a file of this user's is not opened: devicekey tests it with pipes,
// folders and files of others, too.
func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if err := os.WriteFile(filepath.Join(dir, "elsewhere"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", path); err != nil {
		t.Skip("no symlinks here")
	}
	if _, _, err := Read(path, 10); !errors.Is(err, ErrNotPrivate) {
		t.Errorf("%v, want %v", err, ErrNotPrivate)
	}
}

// What a file had is overwritten when it is replaced, wherever else it has a name.
func TestReplaceSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := ReplaceSecret(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Link(path, other); err != nil {
		t.Skip("no hard links here")
	}
	if err := ReplaceSecret(path, []byte("second")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "second" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := os.ReadFile(other); err != nil || !bytes.Equal(got, make([]byte, 5)) {
		t.Errorf("the old content is %q, %v", got, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside it there is %v, %v", entries, err)
	}
}

// What a process has left that was killed goes, and the file itself stays, though one of
// the leftovers is another name of it.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	for name, content := range map[string]string{"": "kept", ".123": "half", ".lock": "", ".12x": "other", "2.1": "other"} {
		if err := os.WriteFile(path+name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(path, path+oldSuffix); err != nil {
		t.Skip("no hard links here")
	}
	leftover := filepath.Join(t.TempDir(), "leftover")
	if err := os.Link(path+".123", leftover); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "kept" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := os.ReadFile(leftover); err != nil || !bytes.Equal(got, make([]byte, 4)) {
		t.Errorf("the leftover has %q, %v", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("there is %v, %v", entries, err)
	}
}
