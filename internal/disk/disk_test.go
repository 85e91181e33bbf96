package disk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

func TestMain(m *testing.M) {
	if os.Getenv(childSource) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}

// sender and receiver are what a transfer is given, and has to close.
type sender interface {
	files.Source
	io.Closer
}

type receiver interface {
	files.Destination
	io.Closer
}

var (
	_ sender   = (*source.Paths)(nil)
	_ sender   = (*stream.Reader)(nil)
	_ sender   = (*stream.Text)(nil)
	_ receiver = (*destination.Folder)(nil)
	_ receiver = (*stream.Writer)(nil)
	_ receiver = (*stream.Buffer)(nil)
)

// delivery stands in for package transfer: it brings a source to a destination
// within one process.
type delivery struct {
	src sender
	dst receiver

	batch   int               // files a Commit, 64 if 0
	stop    func() bool       // after every block: end without Finish
	unknown bool              // Begin is not told the size
	skipped map[string]string // path to the reason for the peer
	failed  map[string]error  // path to Commit's error
	paths   map[string]string // path in the manifest to where it is now
	sent    int64             // bytes that were not there already
	number  uint64
	files   []files.File
	names   []string
}

var errStopped = errors.New("stopped by the test")

func (d *delivery) run(ctx context.Context) error {
	d.skipped, d.failed, d.paths = map[string]string{}, map[string]error{}, map[string]string{}
	totals, err := d.src.Count(ctx)
	if err != nil {
		return err
	}
	if d.unknown {
		totals.Bytes = 0
	}
	if err := d.dst.Begin(ctx, d.src.Names(), totals.Bytes); err != nil {
		return err
	}
	err = d.src.Walk(ctx, func(i files.Item) error {
		if i.Err != nil {
			return nil
		}
		return d.entry(ctx, i)
	})
	if err != nil {
		return err
	}
	if err := d.commit(ctx); err != nil {
		return err
	}
	return d.dst.Finish(ctx)
}

func (d *delivery) entry(ctx context.Context, i files.Item) error {
	f, err := d.dst.Prepare(ctx, d.number, i.Entry)
	d.number++
	var skip *destination.SkipError
	switch {
	case errors.As(err, &skip):
		d.skipped[i.Path] = skip.Reason
		return nil
	case err != nil || f == nil:
		return err
	}
	if err := d.blocks(ctx, i, f); errors.As(err, &skip) {
		d.skipped[i.Path] = skip.Reason
		return f.Close()
	} else if err != nil {
		return err
	}
	d.files, d.names = append(d.files, f), append(d.names, i.Path)
	if n := d.batch; len(d.files) >= n && n > 0 || len(d.files) >= 64 {
		return d.commit(ctx)
	}
	return nil
}

func (d *delivery) blocks(ctx context.Context, i files.Item, f files.File) error {
	in, err := i.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	have, err := f.Have(ctx)
	if err != nil {
		return err
	}
	buf := make([]byte, files.BlockSize)
	var size int64
	for index := uint32(0); ; index++ {
		n, err := in.ReadAt(buf, size)
		if n > 0 {
			if err := d.block(f, index, buf[:n], have); err != nil {
				return err
			}
			size += int64(n)
		}
		if errors.Is(err, io.EOF) || n == 0 {
			break
		}
		if err != nil {
			return err
		}
	}
	if i.Kind == files.KindStream {
		return f.SetSize(size)
	}
	return in.Changed()
}

func (d *delivery) block(f files.File, index uint32, p []byte, have map[uint32]files.Block) error {
	b := blockhash.Sum(index, p)
	if there, ok := have[index]; ok && there == b {
		return nil
	}
	if _, err := f.WriteAt(p, int64(index)*files.BlockSize); err != nil {
		return err
	}
	d.sent += int64(len(p))
	if err := f.Verified(index, b.Hash); err != nil {
		return err
	}
	if d.stop != nil && d.stop() {
		return errStopped
	}
	return nil
}

func (d *delivery) commit(ctx context.Context) error {
	for i, err := range d.dst.Commit(ctx, d.files) {
		if err != nil {
			d.failed[d.names[i]] = err
			continue
		}
		d.paths[d.names[i]] = d.files[i].Path()
	}
	d.files, d.names = nil, nil
	return nil
}

// deliver brings paths into dir, and fails the test if anything goes wrong.
func deliver(t *testing.T, dir string, o destination.Options, paths ...string) *delivery {
	t.Helper()
	d := open(t, dir, o, paths...)
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for p, err := range d.failed {
		t.Errorf("%s: %v", p, err)
	}
	if err := d.dst.Close(); err != nil {
		t.Error(err)
	}
	return d
}

// open returns a delivery of paths into dir. Both sides are closed at the end of
// the test at the latest.
func open(t *testing.T, dir string, o destination.Options, paths ...string) *delivery {
	t.Helper()
	src, err := source.NewPaths(t.Context(), paths, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dst := folder(t, dir, o)
	t.Cleanup(func() { _ = src.Close() })
	return &delivery{src: src, dst: dst}
}

func folder(t *testing.T, dir string, o destination.Options) *destination.Folder {
	t.Helper()
	f, err := destination.NewFolder(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// begun returns a Folder that has begun to receive names.
func begun(t *testing.T, dir string, o destination.Options, names ...string) *destination.Folder {
	t.Helper()
	f := folder(t, dir, o)
	if err := f.Begin(t.Context(), names, 0); err != nil {
		t.Fatal(err)
	}
	return f
}

// put receives one file with the content data and returns Commit's error.
func put(t *testing.T, f receiver, e files.Entry, data []byte) (files.File, error) {
	t.Helper()
	file, err := f.Prepare(t.Context(), 0, e)
	if err != nil {
		return nil, err
	}
	fill(t, file, data)
	return file, f.Commit(t.Context(), []files.File{file})[0]
}

func fill(t *testing.T, file files.File, data []byte) {
	t.Helper()
	for i := uint32(0); int64(i)*files.BlockSize < int64(len(data)); i++ {
		p := data[int(i)*files.BlockSize:]
		p = p[:min(len(p), files.BlockSize)]
		if _, err := file.WriteAt(p, int64(i)*files.BlockSize); err != nil {
			t.Fatal(err)
		}
		if err := file.Verified(i, blockhash.Sum(i, p).Hash); err != nil {
			t.Fatal(err)
		}
	}
}

func fileEntry(p string, size int) files.Entry {
	return files.Entry{Kind: files.KindFile, Mode: 0o644, ModTime: time.Unix(0, 1e18), Size: int64(size), Path: p}
}

func dirEntry(p string) files.Entry {
	return files.Entry{Kind: files.KindDir, Mode: 0o755, ModTime: time.Unix(0, 1e18), Path: p}
}

// tree returns everything below dir: by path, the kind, mode, time and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("%v %d", info.Mode(), info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			what += fmt.Sprintf(" %d bytes %x", len(b), sha256.Sum256(b))
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(p)
			if err != nil {
				return err
			}
			what += " -> " + to
		}
		found[filepath.ToSlash(rel)] = what
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// same fails the test if two folders differ.
func same(t *testing.T, got, want string) {
	t.Helper()
	g, w := tree(t, got), tree(t, want)
	for p, what := range w {
		if g[p] != what {
			t.Errorf("%s is %q, was %q", p, g[p], what)
		}
	}
	for p, what := range g {
		if w[p] == "" {
			t.Errorf("%s (%s) was not sent", p, what)
		}
	}
}

// leftovers returns the partial folders in dir.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".tallow-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func write(t *testing.T, p string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, p string) string {
	t.Helper()
	b, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func random(n int, seed uint64) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = rng.Read(b)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// firstUnfinished returns the first path and reason of a *files.UnfinishedError as
// an error.
func firstUnfinished(err error) error {
	var unfinished *files.UnfinishedError
	if !errors.As(err, &unfinished) {
		return err
	}
	return fmt.Errorf("%s: %s", unfinished.Paths[0], unfinished.Reasons[0])
}

// mentions fails the test unless err contains all words.
func mentions(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not say %q", err, w)
		}
	}
}

// tellsPeer fails the test unless err has something for the peer, with nothing
// about this machine in it.
func tellsPeer(t *testing.T, err error) {
	t.Helper()
	var known interface {
		error
		Brief() string
	}
	if !errors.As(err, &known) {
		t.Fatalf("%T says nothing to the peer: %v", err, err)
	}
	if b := known.Brief(); b == "" || len(b) > wire.MaxSkipReason || strings.ContainsAny(b, `/\`) {
		t.Errorf("the peer is told %q", b)
	}
}
