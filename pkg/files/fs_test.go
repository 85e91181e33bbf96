package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

var someTime = time.Date(2001, 9, 9, 1, 46, 40, 7, time.UTC)

// list walks a source and describes what comes.
func list(t *testing.T, s files.Source) (entries []string, items map[string]files.Item) {
	t.Helper()
	items = make(map[string]files.Item)
	err := s.Walk(t.Context(), func(it files.Item) error {
		line := fmt.Sprintf("%v %s %v %d", it.Kind, it.Path, it.Mode, it.Size)
		switch {
		case it.Err != nil:
			line = fmt.Sprintf("error %s", it.Path)
		case it.Kind == files.KindSymlink:
			line = fmt.Sprintf("symlink %s -> %s", it.Path, it.Target)
		}
		entries = append(entries, line)
		items[it.Path] = it
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries, items
}

func tree() fstest.MapFS {
	return fstest.MapFS{
		"a.txt":        {Data: []byte("hello"), Mode: 0o640, ModTime: someTime},
		"dir":          {Mode: fs.ModeDir | fs.ModeSetgid | 0o750, ModTime: someTime},
		"dir/b":        {Data: []byte("xyz"), Mode: fs.ModeSetuid | 0o755},
		"dir/no-mode":  {Data: []byte("1")},
		"dir/sub/deep": {Data: make([]byte, 7), Mode: 0o600},
		"link":         {Data: []byte("dir/b"), Mode: fs.ModeSymlink | 0o777},
		"pipe":         {Mode: fs.ModeNamedPipe | 0o600},
	}
}

func TestFSWalk(t *testing.T) {
	all := []string{
		"file a.txt -rw-r----- 5",
		"folder dir grwxr-x--- 0",
		"file dir/b urwxr-xr-x 3",
		"file dir/no-mode -rw-r--r-- 1",
		"folder dir/sub -r-xr-xr-x 0",
		"file dir/sub/deep -rw------- 7",
		"symlink link -> dir/b",
		"error pipe",
	}
	for _, tt := range []struct {
		name   string
		roots  []string
		names  []string
		want   []string
		totals files.Totals
	}{
		{"everything", nil, []string{"a.txt", "dir", "link", "pipe"}, all, files.Totals{Files: 4, Bytes: 16, Stored: 16, Known: true}},
		{"everything by name", []string{"."}, []string{"a.txt", "dir", "link", "pipe"}, all, files.Totals{Files: 4, Bytes: 16, Stored: 16, Known: true}},
		{
			"roots, in the order given, under their last element",
			[]string{"dir/sub", "a.txt"},
			[]string{"sub", "a.txt"},
			[]string{"folder sub -r-xr-xr-x 0", "file sub/deep -rw------- 7", "file a.txt -rw-r----- 5"},
			files.Totals{Files: 2, Bytes: 12, Stored: 12, Known: true},
		},
		{"a link as a root is followed", []string{"link"}, []string{"link"}, []string{"file link urwxr-xr-x 3"}, files.Totals{Files: 1, Bytes: 3, Stored: 3, Known: true}},
		{"a root that is not there", []string{"none", "a.txt"}, []string{"none", "a.txt"}, []string{"error none", "file a.txt -rw-r----- 5"}, files.Totals{Files: 1, Bytes: 5, Stored: 5, Known: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := files.FS(tree(), tt.roots...)
			if got := s.Names(); !slices.Equal(got, tt.names) {
				t.Errorf("names %q, want %q", got, tt.names)
			}
			totals, err := s.Count(t.Context())
			if err != nil || totals != tt.totals {
				t.Errorf("totals %+v, %v; want %+v", totals, err, tt.totals)
			}
			for range 2 { // it can be walked again
				if got, _ := list(t, s); !slices.Equal(got, tt.want) {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
			}
		})
	}
}

func TestFSTimesAndErrors(t *testing.T) {
	_, items := list(t, files.FS(tree()))
	if got := items["a.txt"].ModTime; !got.Equal(someTime) {
		t.Errorf("a.txt is of %v", got)
	}
	if err := items["pipe"].Err; !errors.Is(err, files.ErrNotSendable) {
		t.Errorf("a pipe: %v", err)
	}
	// plainFS hides ReadLink: what links point to cannot be told.
	entries, _ := list(t, files.FS(plainFS{tree()}, "."))
	if !slices.Contains(entries, "error link") {
		t.Errorf("a link without ReadLink: %q", entries)
	}
}

// plainFS is a file system with Open alone.
type plainFS struct{ fsys fs.FS }

func (p plainFS) Open(name string) (fs.File, error) { return p.fsys.Open(name) }

func TestFSWrongRoots(t *testing.T) {
	for name, roots := range map[string][]string{
		"two of one name":          {"a.txt", "dir/a.txt"},
		"one twice":                {"dir", "dir"},
		"a root beside everything": {".", "dir"},
		"an invalid path":          {"../dir"},
		"an absolute one":          {"/dir"},
	} {
		s := files.FS(tree(), roots...)
		if _, err := s.Count(t.Context()); err == nil {
			t.Errorf("%s: counted", name)
		}
		if err := s.Walk(t.Context(), func(files.Item) error { return nil }); err == nil {
			t.Errorf("%s: walked", name)
		}
		if got := s.Names(); len(got) > 0 {
			t.Errorf("%s: names %q", name, got)
		}
	}
	if _, err := files.FS(os.DirFS(filepath.Join(t.TempDir(), "none"))).Count(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestFSWalkEnds(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	err := files.FS(tree()).Walk(t.Context(), func(files.Item) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 3 {
		t.Errorf("%v after %d entries", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := files.FS(tree()).Count(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled count: %v", err)
	}
}

func TestFSOfAFolder(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(dir, "d"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "d", "f"), []byte("12345"), 0o600))
	if runtime.GOOS != "windows" {
		must(os.Symlink("f", filepath.Join(dir, "d", "l")))
	}
	got, items := list(t, files.FS(os.DirFS(dir)))
	if runtime.GOOS != "windows" {
		if want := []string{"folder d -rwx------ 0", "file d/f -rw------- 5", "symlink d/l -> f"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f, err := items["d/f"].Open()
	must(err)
	defer f.Close()
	if err := f.Changed(); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	must(os.WriteFile(filepath.Join(dir, "d", "f"), []byte("123456"), 0o600))
	if err := f.Changed(); !errors.Is(err, files.ErrChanged) {
		t.Errorf("a file that grew: %v", err)
	}
	must(os.Remove(filepath.Join(dir, "d", "f")))
	must(os.Mkdir(filepath.Join(dir, "d", "f"), 0o700))
	if _, err := items["d/f"].Open(); !errors.Is(err, files.ErrChanged) {
		t.Errorf("a file that became a folder: %v", err)
	}
}

// counted counts how often files are opened and what they can do.
type counted struct {
	fsys  fs.FS
	limit func(fs.File) fs.File // hides methods

	mu    sync.Mutex
	opens int
}

func (c *counted) Open(name string) (fs.File, error) {
	f, err := c.fsys.Open(name)
	if err != nil || name == "." {
		return f, err
	}
	c.mu.Lock()
	c.opens++
	c.mu.Unlock()
	return c.limit(f), nil
}

// Files are read at any offset and at once, whatever they can do.
func TestFSReadAt(t *testing.T) {
	const mib = 1 << 20
	data := make([]byte, 30*mib+11)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	part, err := w.CreateHeader(&zip.FileHeader{Name: "f", Method: zip.Store})
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	zipped, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	inMemory := fstest.MapFS{"f": {Data: data, ModTime: someTime}}
	all := func(f fs.File) fs.File { return f }
	seeks := func(f fs.File) fs.File {
		return struct {
			fs.File
			io.Seeker
		}{f, f.(io.Seeker)}
	}
	plain := func(f fs.File) fs.File { return struct{ fs.File }{f} }
	for _, tt := range []struct {
		name        string
		fsys        fs.FS
		limit       func(fs.File) fs.File
		near, opens int // how often the file is opened for blocks slightly out of order, and in all
	}{
		{"ReadAt", inMemory, all, 1, 1},
		{"Seek", inMemory, seeks, 1, 1},
		{"neither", inMemory, plain, 1, 2},
		{"zip", zipped, all, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &counted{fsys: tt.fsys, limit: tt.limit}
			_, items := list(t, files.FS(c, "f"))
			c.opens = 0
			f, err := items["f"].Open()
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			read := func(off int64, n int) {
				t.Helper()
				p := make([]byte, n)
				want := data[min(off, int64(len(data))):min(off+int64(n), int64(len(data)))]
				got, err := f.ReadAt(p, off)
				if got != len(want) || !bytes.Equal(p[:got], want) || (got < n) != (err == io.EOF) || got == n && err != nil && err != io.EOF {
					t.Errorf("%d bytes at %d: %d, %v", n, off, got, err)
				}
			}
			for _, block := range []int64{1, 0, 4, 5, 2, 3, 11, 6, 7, 8, 9, 10} {
				read(block*mib, mib)
			}
			if c.opens != tt.near {
				t.Errorf("opened %d times for blocks slightly out of order, want %d", c.opens, tt.near)
			}
			read(30*mib, mib)             // the last block, and the end
			read(int64(len(data))-10, 10) // up to it
			read(3, 100)                  // far back
			var readers sync.WaitGroup
			for range 4 {
				readers.Go(func() { read(2*mib, 3*mib) })
			}
			readers.Wait()
			if c.opens != tt.opens {
				t.Errorf("opened %d times, want %d", c.opens, tt.opens)
			}
			if err := f.Changed(); err != nil {
				t.Errorf("unchanged: %v", err)
			}
			for range 2 {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
			if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("a read after Close: %v", err)
			}
		})
	}
}
