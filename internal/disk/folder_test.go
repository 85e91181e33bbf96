package disk_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// More files than are kept open, each written by several goroutines.
func TestManyWriters(t *testing.T) {
	const count, writers = 300, 8
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	data := random(writers*1000, 1)
	hash := blockhash.Sum(0, data).Hash
	var open []files.File
	for i := range count {
		file, err := f.Prepare(t.Context(), uint64(i), fileEntry(fmt.Sprintf("top/%d", i), len(data)))
		must(t, err)
		open = append(open, file)
	}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range open {
				file := open[(i+w*37)%count] // each begins elsewhere
				if _, err := file.WriteAt(data[w*1000:(w+1)*1000], int64(w)*1000); err != nil {
					t.Error(err)
				}
				if err := file.Verified(0, hash); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := descriptors(t); n > 200 {
		t.Errorf("%d descriptors are open", n)
	}
	// Several commits run at the same time.
	for part := range 3 {
		group.Go(func() {
			for _, err := range f.Commit(t.Context(), open[part*100:(part+1)*100]) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	must(t, f.Finish(t.Context()))
	for i := range count {
		if got := read(t, filepath.Join(dir, "top", fmt.Sprint(i))); got != string(data) {
			t.Fatalf("file %d is another", i)
		}
	}
}

// descriptors returns how many file descriptors are open, 0 if that is not known.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("not counted: %v", err)
	}
	return len(list)
}

// One large file, with blocks in any order from several goroutines.
func TestLargeFile(t *testing.T) {
	dir := t.TempDir()
	data := random(20*mib+3, 1)
	f := begun(t, dir, destination.Options{}, "a")
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", len(data)))
	must(t, err)
	blocks := make(chan uint32)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range blocks {
				b := data[int(i)*mib:]
				b = b[:min(mib, len(b))]
				if _, err := file.WriteAt(b, int64(i)*mib); err != nil {
					t.Error(err)
				}
				if err := file.Verified(i, blockhash.Sum(i, b).Hash); err != nil {
					t.Error(err)
				}
			}
		})
	}
	n := wire.Blocks(int64(len(data)))
	for i := range n {
		blocks <- n - 1 - i
	}
	close(blocks)
	group.Wait()
	must(t, f.Commit(t.Context(), []files.File{file})[0])
	if got := read(t, filepath.Join(dir, "a")); !bytes.Equal([]byte(got), data) {
		t.Error("it is another")
	}
}

// Large and small batches are synced in different ways.
func TestBatches(t *testing.T) {
	for _, n := range []int{0, 1, 4, 5, 50} {
		dir := t.TempDir()
		f := begun(t, dir, destination.Options{}, "top")
		mustPrepareFolder(t, f, "top")
		var opened []files.File
		for i := range n {
			file, err := f.Prepare(t.Context(), uint64(i), fileEntry(fmt.Sprintf("top/%d", i), 1))
			must(t, err)
			fill(t, file, []byte("1"))
			opened = append(opened, file)
		}
		for _, err := range f.Commit(t.Context(), opened) {
			must(t, err)
		}
		must(t, f.Finish(t.Context()))
		if got := len(tree(t, dir)); got != n+1 {
			t.Errorf("%d of %d", got, n+1)
		}
	}
}

// SetSize corrects a size, and refuses impossible ones.
func TestSetSize(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	file, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindStream, Mode: 0o644, Path: "a"})
	must(t, err)
	_, err = file.WriteAt([]byte("123456"), 0)
	must(t, err)
	for _, n := range []int64{-1, wire.MaxFileSize + 1} {
		mentions(t, file.SetSize(n), "cannot have")
	}
	must(t, file.SetSize(3))
	must(t, f.Commit(t.Context(), []files.File{file})[0])
	if got := read(t, filepath.Join(dir, "a")); got != "123" {
		t.Errorf("%q", got)
	}
}

// A file is committed once.
func TestCommitTwice(t *testing.T) {
	f := begun(t, t.TempDir(), destination.Options{}, "a")
	file, err := put(t, f, fileEntry("a", 1), []byte("1"))
	must(t, err)
	mentions(t, f.Commit(t.Context(), []files.File{file})[0], "closed")
	must(t, file.Close())
	if _, err := file.WriteAt([]byte("2"), 0); err == nil {
		t.Error("it can be written")
	}
}
