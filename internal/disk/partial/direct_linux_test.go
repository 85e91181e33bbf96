package partial

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// directFile is a file on a disk that can be written to directly.
func directFile(t *testing.T) (*os.File, *directWriter) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	d := &directWriter{}
	t.Cleanup(func() {
		d.close()
		_ = f.Close()
	})
	if d.open(f, make([]byte, testBlock), 0, directFrom) == nil {
		t.Skip("NOT TESTED: the file system here is not written to directly; set TMPDIR to a folder on ext4 or XFS")
	}
	return f, d
}

// cached returns how many of a file's pages are in the system's cache.
func cached(t *testing.T, f *os.File, size int) (n int) {
	t.Helper()
	mapped, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mapped)
	pages := make([]byte, (size+os.Getpagesize()-1)/os.Getpagesize())
	_, _, failed := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mapped[0])), uintptr(size), uintptr(unsafe.Pointer(&pages[0])))
	if failed != 0 {
		t.Fatal(failed)
	}
	for _, p := range pages {
		n += int(p & 1)
	}
	return n
}

// Blocks of a large file go past the cache, in any order, and what is not aligned goes
// through it: the content is the same.
func TestDirectWrites(t *testing.T) {
	f, d := directFile(t)
	const blocks = 9
	content := make([]byte, blocks*testBlock+777)
	_, _ = rand.NewChaCha8([32]byte{4}).Read(content)
	clear(content[3*testBlock : 4*testBlock]) // a hole
	var r reservation
	write := func(i int) {
		t.Helper()
		p := append(make([]byte, 0, testBlock), content[i*testBlock:min((i+1)*testBlock, len(content))]...)
		if n, err := r.writeAt(f, d, p, int64(i)*testBlock, directFrom); n != len(p) || err != nil {
			t.Fatalf("block %d: %d bytes, %v", i, n, err)
		}
	}
	for _, i := range []int{1, 0, 4, 2, 5, 6} {
		write(i)
	}
	if n := cached(t, f, 7*testBlock); n > 0 {
		t.Errorf("%d pages of what was written are in the cache", n)
	}
	for _, i := range []int{9, 3, 8, 7} {
		write(i)
	}
	unaligned := content[testBlock+1 : 2*testBlock+1]
	if n, err := r.writeAt(f, d, unaligned, testBlock+1, directFrom); n != len(unaligned) || err != nil {
		t.Fatalf("unaligned: %d bytes, %v", n, err)
	}
	if d.failed {
		t.Error("a direct write failed")
	}
	got, err := io.ReadAll(io.NewSectionReader(f, 0, int64(len(content))+1))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes are not those that were written (%v)", len(got), err)
	}
}

// A small file, and one whose system refuses, are written through the cache.
func TestNotDirect(t *testing.T) {
	f, d := directFile(t)
	if d.open(f, make([]byte, testBlock), 0, directFrom-1) != nil {
		t.Error("a small file is written to directly")
	}
	d.close()
	reader, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	d.handle = reader // to which nothing can be written
	p := bytes.Repeat([]byte("x"), testBlock)
	if n, err := d.writeAt(f, p, 0, directFrom); n != len(p) || err != nil || !d.failed {
		t.Errorf("%d bytes, %v, failed %v; want them through the cache", n, err, d.failed)
	}
	if got := make([]byte, testBlock); d.open(f, p, 0, directFrom) != nil {
		t.Error("it is tried again")
	} else if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, p) {
		t.Errorf("what was written is not there: %v", err)
	}
}
