package partial

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// Later processes find a partial file by its name.
func TestName(t *testing.T) {
	for id, want := range map[uint64]string{
		0: "0/0000000000000000.part", 0x0123456789abcdef: "0/0123456789abcdef.part",
		0xf << 60: "f/f000000000000000.part", 0xa1b2c3: "0/0000000000a1b2c3.part",
	} {
		if got := Name(id); got != want {
			t.Errorf("%x: %s, want %s", id, got, want)
		}
	}
}

// Partial files of every subfolder are made when they are needed, counted, found by the next
// process, and removed.
func TestSubfolders(t *testing.T) {
	const size = 10_000
	dest, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dest.Close()
	open := func() *Folder {
		p, err := Open(t.Context(), dest, []string{"a"}, descriptors.Budget{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Journal.Flush(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	data := bytes.Repeat([]byte("x"), size)
	p := open()
	for n := range uint64(32) {
		f := p.Part(n<<59 + 7)
		var err error
		if osfs.CreatesFiles && n%3 == 0 {
			_, err = f.Create(data, 0o600, 1e9)
		} else {
			_, err = f.WriteAt(data, 0, size)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	if held := p.Held(); held < 32*size {
		t.Errorf("%d bytes are held, %d were written", held, 32*size)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p = open()
	for n := range uint64(32) {
		f, err := p.Part(n<<59 + 7).Open(os.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size)
		if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d has other bytes: %v", n, err)
		}
		_ = f.Close()
	}
	if _, err := p.Part(1).Open(os.O_RDONLY); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
	name := p.Path
	if err := p.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := dest.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
}
