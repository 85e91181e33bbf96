package osfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Nothing is read but a regular file below the folder, and nothing blocks.
func TestReadFileStaysInside(t *testing.T) {
	outer := t.TempDir()
	in := func(name string) string { return filepath.Join(outer, name) }
	for _, err := range []error{
		os.MkdirAll(in("top/sub"), 0o700), os.Mkdir(in("outside"), 0o700),
		os.WriteFile(in("top/sub/f"), []byte("mine"), 0o600), os.WriteFile(in("outside/f"), []byte("secret"), 0o600),
		os.Symlink("../outside", in("top/out")), os.Symlink(in("outside"), in("top/far")), os.Symlink("sub", in("top/near")),
		os.Symlink("sub/f", in("top/link")), unix.Mkfifo(in("top/pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.Open(in("top"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	p := make([]byte, 10)
	for _, name := range []string{"sub/f", "near/f"} {
		r, ok, err := ReadFile(t.Context(), dir, name, p)
		if !ok || err != nil || string(p[:r.N]) != "mine" {
			t.Errorf("%s: %v, %v, %q", name, ok, err, p[:r.N])
		}
		if r.Before.Size != 4 || r.Before.Number == 0 || !r.Before.Equal(r.After) {
			t.Errorf("%s: %+v and then %+v", name, r.Before, r.After)
		}
	}
	for _, name := range []string{
		"out/f", "far/f", "../outside/f", in("top/sub/f"), in("outside/f"), "link", "pipe", "sub", "none", "sub/f/x", "", strings.Repeat("n", 5000),
	} {
		clear(p)
		if r, ok, err := ReadFile(t.Context(), dir, name, p); ok || err != nil || r.N != 0 || p[0] != 0 {
			t.Errorf("%.30q: %v, %v, %q", name, ok, err, p)
		}
	}
}

// The Stamp of ReadFile is that of the same file elsewhere.
func TestReadFileStamp(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if r, ok, err := ReadFile(t.Context(), dir, "f", nil); !ok || err != nil || !r.After.Equal(StampOf(info)) {
		t.Errorf("%v, %v, %+v, want %+v", ok, err, r.After, StampOf(info))
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := ReadFile(t.Context(), dir, "f", nil); ok || err != nil {
		t.Errorf("of a closed folder: %v, %v", ok, err)
	}
}
