package destination

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// onlooker is a syncer that knows what a power cut would leave of the partial
// files: what they had when the last finished sync began. On every sync, and in
// check, it compares that with what the journal claims.
type onlooker struct {
	t      *testing.T
	folder *Folder

	mu      sync.Mutex
	kept    map[uint64][]byte // partial files, by id
	begun   int               // looks at a file
	latest  map[uint64]int    // which of them kept is of
	journal int               // bytes of the journal
	claims  int               // that were checked and right
}

func (o *onlooker) data(f *os.File) error    { return o.sync(f, diskSyncer{}.data) }
func (o *onlooker) file(f *os.File) error    { return o.sync(f, diskSyncer{}.file) }
func (o *onlooker) whole(dir *os.File) error { return o.sync(dir, diskSyncer{}.whole) }

func (o *onlooker) sync(f *os.File, sync func(*os.File) error) error {
	o.check()
	numbers := map[string]int{}
	before := map[string][]byte{}
	box := filepath.Join(o.folder.dir, o.folder.partial.Path)
	names := []string{filepath.Base(f.Name())}
	if filepath.Ext(names[0]) == ".part" {
		names[0] = filepath.Join(names[0][:1], names[0])
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		names = []string{"journal"}
		parts, err := filepath.Glob(filepath.Join(box, "?", "*.part"))
		if err != nil {
			o.t.Error(err)
		}
		for _, p := range parts {
			name, err := filepath.Rel(box, p)
			if err != nil {
				o.t.Error(err)
			}
			names = append(names, name)
		}
	}
	for _, name := range names {
		o.mu.Lock()
		o.begun++
		numbers[name] = o.begun
		o.mu.Unlock()
		b, err := os.ReadFile(filepath.Join(box, name))
		switch {
		case err == nil:
			before[name] = b
		case !errors.Is(err, fs.ErrNotExist): // it bears its name by now, with what was kept of it
			o.t.Error(err)
		}
	}
	err := sync(f)
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, b := range before {
		var id uint64
		if name == "journal" {
			o.journal = len(b)
		} else if n, _ := fmt.Sscanf(filepath.Base(name), "%016x.part", &id); n == 1 && o.latest[id] < numbers[name] {
			o.kept[id], o.latest[id] = b, numbers[name] // what was looked at later may have been synced before
		}
	}
	return err
}

func (o *onlooker) check() {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, err := os.ReadFile(filepath.Join(o.folder.dir, o.folder.partial.Path, "journal"))
	if err != nil {
		o.t.Error(err)
	}
	o.claims = 0
	_, err = journal.Read(bytes.NewReader(b), func(_ int64, r journal.Record) bool {
		switch r := r.(type) {
		case journal.Verified:
			kept := o.kept[r.ID]
			off := min(int(r.Index)*files.BlockSize, len(kept))
			if blockhash.Sum(r.Index, kept[off:min(off+files.BlockSize, len(kept))]).Hash != r.Hash {
				o.t.Errorf("block %d of %016x is claimed, its data was not synced before", r.Index, r.ID)
			}
			o.claims++
		case journal.Placed:
			if kept := o.kept[r.ID]; r.Flags&journal.PlacedFolder == 0 && int64(len(kept)) != r.Size {
				o.t.Errorf("%s is said to be whole, %d of its %d bytes were synced before", r.Path, len(kept), r.Size)
			}
		}
		return true
	})
	if err != nil {
		o.t.Error(err)
	}
}

// watched returns a Folder in an empty folder, with an onlooker.
func watched(t *testing.T) (*Folder, *onlooker) {
	t.Helper()
	f, err := NewFolder(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	o := &onlooker{t: t, folder: f, kept: map[uint64][]byte{}, latest: map[uint64]int{}}
	f.sync = o
	if err := f.Begin(t.Context(), []string{"top"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindDir, Mode: 0o755, Path: "top"}); err != nil {
		t.Fatal(err)
	}
	return f, o
}

func prepared(t *testing.T, f *Folder, name string, size int) files.File {
	t.Helper()
	file, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindFile, Mode: 0o644, Size: int64(size), Path: "top/" + name})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// bring writes and verifies a block as package transfer does.
func bring(file files.File, index uint32, p []byte) error {
	if _, err := file.WriteAt(p, int64(index)*files.BlockSize); err != nil {
		return err
	}
	return file.Verified(index, blockhash.Sum(index, p).Hash)
}

// Whatever the journal claims was synced before: large files that several
// goroutines write, many files at once, small ones that are committed meanwhile,
// and what a Close leaves.
func TestClaimsComeAfterSync(t *testing.T) {
	for _, large := range []int{1, 3, syncEach + 3} {
		t.Run(fmt.Sprint(large), func(t *testing.T) {
			f, o := watched(t)
			rng := rand.New(rand.NewPCG(uint64(large), 0))
			block := func() []byte {
				p := make([]byte, files.BlockSize)
				for i := 0; i < len(p); i += 512 {
					p[i] = byte(rng.Uint32())
				}
				return p
			}
			const blocks = 64
			data := make([][]byte, blocks)
			for i := range data {
				data[i] = block()
			}
			received := make([]files.File, large)
			for i := range received {
				received[i] = prepared(t, f, fmt.Sprint("large", i), blocks*files.BlockSize)
			}
			var next atomic.Int64
			var group sync.WaitGroup
			for range 2 {
				group.Go(func() {
					for i := next.Add(1) - 1; i < blocks; i = next.Add(1) - 1 {
						if err := bring(received[int(i)%large], uint32(i), data[i]); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Go(func() {
				for n := range 6 {
					batch := make([]files.File, 1+n*2)
					for i := range batch {
						batch[i] = prepared(t, f, fmt.Sprint("small", n, "-", i), 100+i)
						if err := bring(batch[i], 0, data[i][:100+i]); err != nil {
							t.Error(err)
						}
					}
					for _, err := range f.Commit(t.Context(), batch) {
						if err != nil {
							t.Error(err)
						}
					}
				}
			})
			group.Wait()
			f.claims.stop()
			if f.claims.waiting >= claimLimit {
				t.Errorf("%d bytes wait", f.claims.waiting)
			}
			if err := f.claims.finish(); err != nil {
				t.Error(err)
			}
			o.check()
			if o.claims < blocks {
				t.Errorf("%d blocks are claimed in the end", o.claims)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// When files have their final names, the journal is durable.
func TestJournalIsSyncedBeforeNames(t *testing.T) {
	for _, n := range []int{1, syncEach + 1} {
		f, o := watched(t)
		batch := make([]files.File, n)
		for i := range batch {
			batch[i] = prepared(t, f, fmt.Sprint(i), 10*i)
			if err := bring(batch[i], 0, make([]byte, 10*i)); i > 0 && err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range f.Commit(t.Context(), batch) {
			if err != nil {
				t.Error(err)
			}
		}
		info, err := f.partial.Journal.File().Stat()
		if err != nil {
			t.Fatal(err)
		}
		if int64(o.journal) != info.Size() {
			t.Errorf("%d files: %d of %d bytes of the journal are synced", n, o.journal, info.Size())
		}
		o.check()
	}
}

// slowSyncer waits until it is told to go on, and may fail.
type slowSyncer struct {
	diskSyncer
	on  chan struct{}
	err error
}

func (s slowSyncer) data(*os.File) error {
	<-s.on
	return s.err
}

// Writers wait for a disk that does not keep up: what is written and not claimed
// stays below its limit.
func TestClaimsHoldUpWriters(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		on := make(chan struct{})
		f, file := slow(t, dir, slowSyncer{on: on})
		var brought atomic.Int64
		var writer sync.WaitGroup
		p := bytes.Repeat([]byte("x"), files.BlockSize)
		const blocks = 60
		writer.Go(func() {
			for i := range uint32(blocks) {
				if err := bring(file, i, p); err != nil {
					t.Error(err)
				}
				brought.Add(1)
			}
		})
		synctest.Wait()
		if got := brought.Load(); got != claimLimit/files.BlockSize-1 {
			t.Errorf("it went on up to block %d", got)
		}
		close(on)
		writer.Wait()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
}

func slow(t *testing.T, dir string, s slowSyncer) (*Folder, files.File) {
	t.Helper()
	f, err := NewFolder(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.sync = s
	if err := f.Begin(t.Context(), []string{"top"}, 0); err != nil {
		t.Fatal(err)
	}
	file, err := f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindFile, Size: 60 * files.BlockSize, Path: "top"})
	if err != nil {
		t.Fatal(err)
	}
	return f, file
}

// Writers and Commit get the error of a failed sync, although the system reports
// it only once. Nothing is claimed after it.
func TestFailedSync(t *testing.T) {
	dir := t.TempDir()
	on := make(chan struct{})
	close(on)
	f, file := slow(t, dir, slowSyncer{on: on, err: syscall.EIO})
	p := bytes.Repeat([]byte("x"), files.BlockSize)
	var err error
	for i := uint32(0); i < 60; i++ {
		if berr := bring(file, i, p); err == nil {
			err = berr
		}
	}
	var write *WriteError
	if !errors.As(err, &write) || !errors.Is(err, syscall.EIO) {
		t.Errorf("the writer is told %v", err)
	}
	f.sync = diskSyncer{}
	if err := f.Commit(t.Context(), []files.File{file})[0]; !errors.Is(err, syscall.EIO) {
		t.Errorf("Commit says %v", err)
	}
	if err := f.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close says %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, names.PartialPrefix+"*", "journal"))
	if err != nil || len(left) != 1 {
		t.Fatal(left, err)
	}
	j, err := os.Open(left[0])
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	a, err := journal.ReadAccount(j)
	if err != nil || a.Files || len(a.Blocks) > 0 || len(a.Inodes) > 0 {
		t.Errorf("the journal claims %d files, %v", len(a.Blocks)+len(a.Inodes), err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "top")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it bears its name: %v", err)
	}
}
