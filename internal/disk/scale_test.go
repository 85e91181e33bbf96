package disk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// scaleFiles is the environment variable that says how many files TestScale
// receives. A million take minutes.
const scaleFiles = "TALLOW_DISK_SCALE"

// heap returns the bytes that are in use after a garbage collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Many small files, every tenth empty. A file in place takes as much memory as
// Folder says, so that a million of them take less than 100 MB.
func TestScale(t *testing.T) {
	count := 5_000
	if s := os.Getenv(scaleFiles); s != "" {
		var err error
		count, err = strconv.Atoi(s)
		must(t, err)
	}
	to := t.TempDir()
	f := begun(t, to, destination.Options{}, "top")
	mustPrepareFolder(t, f, "top")
	data := random(100, 1)
	var batch []files.File
	number := uint64(1)
	bring := func(from, to int) {
		for i := from; i < to; i++ {
			if i%1000 == 0 {
				mustPrepareFolder(t, f, fmt.Sprintf("top/%d", i/1000))
			}
			n := i % 10 * 11
			file, err := f.Prepare(t.Context(), number, fileEntry(fmt.Sprintf("top/%d/%d", i/1000, i), n))
			must(t, err)
			have, err := file.Have(t.Context())
			if err != nil || len(have) > 0 {
				t.Fatalf("%v, %v", have, err)
			}
			fill(t, file, data[:n])
			number++
			if batch = append(batch, file); len(batch) == 1000 || i == to-1 {
				for _, err := range f.Commit(t.Context(), batch) {
					must(t, err)
				}
				clear(batch)
				batch = batch[:0]
			}
		}
	}
	bring(0, count/4)
	before := heap()
	bring(count/4, count)
	grown := float64(heap()-before) / float64(count-count/4)
	t.Logf("%d files, %.1f bytes a file", count, grown)
	if grown > 100 {
		t.Errorf("memory grows by %.1f bytes a file", grown)
	}
	if n := descriptors(t); n > 200 {
		t.Errorf("%d descriptors are open", n)
	}
	// The same for a transfer that resumes.
	must(t, f.Close())
	before = heap()
	f = begun(t, to, destination.Options{}, "top")
	again := float64(heap()-before) / float64(count)
	t.Logf("%.1f bytes a file that was there", again)
	if again > 120 {
		t.Errorf("memory after a resume is %.1f bytes a file", again)
	}
	must(t, f.Finish(t.Context()))
	if list, err := os.ReadDir(filepath.Join(to, "top")); err != nil || len(list) != (count+999)/1000 {
		t.Errorf("%d folders, %v", len(list), err)
	}
}

// The longest name and the longest path that can be sent arrive, although the
// system does not take such a path at once: each folder is made from the one
// before it.
func TestDeepAndLong(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: Windows takes no such paths")
	}
	from, to := t.TempDir(), t.TempDir()
	long := strings.Repeat("x", 255)
	// "top", then folders of 255 bytes, then the rest up to the limit.
	deep := "top"
	for len(deep)+1+len(long)+2 <= wire.MaxPath {
		deep += "/" + long
	}
	deep += "/" + strings.Repeat("y", wire.MaxPath-len(deep)-1)
	if len(deep) != wire.MaxPath {
		t.Fatalf("%d bytes", len(deep))
	}
	many := "many" + strings.Repeat("/d", 200) + "/f"
	for _, p := range []string{deep, many} {
		makeDeep(t, from, p)
	}
	o := destination.Options{}
	for range 2 { // the second time it is found there, at the same depth
		d := deliver(t, to, o, filepath.Join(from, "top"), filepath.Join(from, "many"))
		if d.paths[deep] != deep || d.paths[many] != many || len(d.skipped) > 0 {
			t.Fatalf("%d files arrived, %v", len(d.paths), d.skipped)
		}
	}
	root, err := os.OpenRoot(to)
	must(t, err)
	defer root.Close()
	for _, p := range []string{deep, many} {
		if b, err := root.ReadFile(p); err != nil || string(b) != p {
			t.Errorf("%.20s…: %v", p, err)
		}
	}
}

// makeDeep writes the path p, which may be too long for the system, into dir,
// with p as its content.
func makeDeep(t *testing.T, dir, p string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	must(t, root.MkdirAll(path.Dir(p), 0o755))
	must(t, root.WriteFile(p, []byte(p), 0o644))
}

// A file of 100 GiB that is a hole except for its ends. Memory grows with it on
// neither side, and only what was asked for is read and written.
func TestSparse(t *testing.T) {
	const size = 100 << 30
	last := uint32(size/files.BlockSize) - 1
	src := filepath.Join(t.TempDir(), "a")
	f, err := os.Create(src)
	must(t, err)
	if err := f.Truncate(size); err != nil {
		t.Skipf("SKIPPED: no such file can be made here: %v", err)
	}
	ends := map[uint32][]byte{0: random(mib, 1), last / 2: make([]byte, mib), last: random(mib, 2)}
	for i, b := range ends {
		if i != last/2 {
			_, err = f.WriteAt(b, int64(i)*mib)
			must(t, err)
		}
	}
	must(t, f.Close())

	before := heap()
	s := newSource(t, src)
	item := list(t, s).items["a"]
	in, err := item.Open()
	must(t, err)
	defer in.Close()
	dest := begun(t, t.TempDir(), destination.Options{}, "a")
	file, err := dest.Prepare(t.Context(), 0, item.Entry)
	must(t, err)
	buf := make([]byte, mib)
	for i, want := range ends {
		_, err := in.ReadAt(buf, int64(i)*mib)
		must(t, err)
		b := blockhash.Sum(i, buf)
		if b != blockhash.Sum(i, want) {
			t.Errorf("block %d is read as another", i)
		}
		_, err = file.WriteAt(buf, int64(i)*mib)
		must(t, err)
		must(t, file.Verified(i, b.Hash))
	}
	must(t, in.Changed())
	if grown := heap() - before; grown > 4*mib {
		t.Errorf("memory has grown by %d bytes", grown)
	}
	must(t, file.Close())

	// Hashing what is there ends with the context.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	must(t, os.Rename(src, filepath.Join(dir, "a")))
	dest = begun(t, dir, destination.Options{}, "a")
	file, err = dest.Prepare(t.Context(), 0, item.Entry)
	must(t, err)
	if _, err := file.Have(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
