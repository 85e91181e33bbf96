//go:build unix

package devicekey

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func inFile(t *testing.T) Store {
	t.Helper()
	return Store{Dir: filepath.Join(t.TempDir(), "state"), NoKeyring: errNoKeyring}
}

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// Nobody else can read the file, whatever the umask is.
func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s := inFile(t)
	open(t, s)
	if got := modeOf(t, s.Path()); got != 0o600 {
		t.Errorf("the file has the mode %v", got)
	}
	if got := modeOf(t, s.Dir).Perm(); got != 0o700 {
		t.Errorf("the folder has the mode %v", got)
	}
}

// A file that others can read is closed to them, and it is told.
func TestExposed(t *testing.T) {
	s := inFile(t)
	key := open(t, s).Key
	for _, mode := range []os.FileMode{0o644, 0o620, 0o601} {
		if err := os.Chmod(s.Path(), mode); err != nil {
			t.Fatal(err)
		}
		if o := open(t, s); o.Exposed != mode || *o.Key != *key {
			t.Errorf("with the mode %v: %+v", mode, o)
		}
		if got := modeOf(t, s.Path()); got != 0o600 {
			t.Errorf("after the mode %v it has the mode %v", mode, got)
		}
	}
	if o := open(t, s); o.Exposed != 0 {
		t.Errorf("after that: %+v", o)
	}
}

// What is no file of this user's is neither read nor replaced.
func TestNotPrivate(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	content := note{key: newKey()}.append(nil)
	if err := os.WriteFile(elsewhere, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"a symlink":                  func(path string) error { return os.Symlink(elsewhere, path) },
		"a symlink to nothing":       func(path string) error { return os.Symlink(elsewhere+"-not", path) },
		"a folder":                   func(path string) error { return os.Mkdir(path, 0o700) },
		"a named pipe":               func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"the file of another user's": func(path string) error { return othersFile(t, path, content) },
	} {
		t.Run(name, func(t *testing.T) {
			s := inFile(t)
			if err := os.Mkdir(s.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := put(s.Path()); err != nil {
				t.Fatal(err)
			}
			before := modeOf(t, s.Path())
			if _, err := s.Open(t.Context()); !errors.Is(err, ErrNotPrivate) {
				t.Errorf("opened: %v", err)
			}
			if err := s.Destroy(t.Context()); !errors.Is(err, ErrNotPrivate) {
				t.Errorf("destroyed: %v", err)
			}
			if after := modeOf(t, s.Path()); after != before {
				t.Errorf("it was %v, and is %v", before, after)
			}
		})
	}
	if got, err := os.ReadFile(elsewhere); err != nil || string(got) != string(content) {
		t.Errorf("the file elsewhere is %q, %v", got, err)
	}
}

func othersFile(t *testing.T, path string, content []byte) error {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	return errors.Join(os.WriteFile(path, content, 0o600), os.Chown(path, 1, 1))
}
