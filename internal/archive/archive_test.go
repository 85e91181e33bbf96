package archive_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	zeebo "github.com/zeebo/blake3"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// record is an Observer that notes everything.
type record struct {
	done   []archive.Placed
	failed map[string]string
	left   map[string]string
	kept   map[string]string
	bytes  int64
}

func newRecord() *record {
	return &record{failed: make(map[string]string), left: make(map[string]string), kept: make(map[string]string)}
}

func (r *record) Done(p archive.Placed)       { r.done = append(r.done, p) }
func (r *record) Failed(path, reason string)  { r.failed[path] = reason }
func (r *record) LeftOut(path, reason string) { r.left[path] = reason }
func (r *record) Kept(path, reason string)    { r.kept[path] = reason }
func (r *record) Advanced(n int64)            { r.bytes += n }

// write writes an archive, padded with zeros as in a container.
func write(t testing.TB, source files.Source) (b []byte, s archive.Summary, r archive.Result, seen *record) {
	t.Helper()
	s, err := archive.Survey(t.Context(), source, false)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	seen = newRecord()
	r, err = archive.Write(t.Context(), &out, source, seen)
	if err != nil {
		t.Fatal(err)
	}
	if s.Size >= 0 && s.Size != int64(out.Len()) {
		t.Errorf("Survey says %d bytes, %d were written", s.Size, out.Len())
	}
	return append(out.Bytes(), make([]byte, 1000)...), s, r, seen
}

// read reads an archive into memory.
func read(ctx context.Context, b []byte, offer wire.Offer) (*files.Memory, archive.Result, *record, error) {
	dest, seen := files.NewMemory(1<<30), newRecord()
	r, err := archive.Read(ctx, bytes.NewReader(b), offer, dest, archive.ReadOptions{Observer: seen})
	return dest, r, seen, err
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>9)
	}
	return b
}

// tree is a file system of more entries than a page has.
func tree() fstest.MapFS {
	m := fstest.MapFS{"top/empty": {Mode: fs.ModeDir | 0o700, ModTime: time.Unix(5, 6)}}
	for _, size := range []int{0, 1, 65535, 1 << 20, 1<<20 + 1, 3<<20 + 5} {
		m[fmt.Sprintf("top/size%d", size)] = &fstest.MapFile{Data: content(size), Mode: 0o640, ModTime: time.Unix(1e9, 12)}
	}
	for i := range 2500 {
		m[fmt.Sprintf("top/many/%04d", i)] = &fstest.MapFile{Data: content(i % 40), Mode: 0o600}
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	m := tree()
	b, s, sent, _ := write(t, files.FS(m))
	dest, got, seen, err := read(t.Context(), b, s.Entries)
	if err != nil {
		t.Fatal(err)
	}
	if got.Files != 2506 || sent.Files != 2506 || got.Bytes != s.Entries.Bytes || got.Failed+sent.Failed != 0 || seen.bytes != got.Bytes {
		t.Errorf("written %+v, read %+v, observed %d bytes", sent, got, seen.bytes)
	}
	for name, f := range m {
		if f.Mode.IsDir() {
			continue
		}
		if data, err := dest.ReadFile(name); err != nil || !bytes.Equal(data, f.Data) {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	for _, e := range dest.Entries() {
		if e.Path == "top/empty" && (e.Kind != files.KindDir || e.Mode != 0o700 || !e.ModTime.Equal(time.Unix(5, 6))) {
			t.Errorf("the empty folder is %+v", e)
		}
	}
	for _, p := range seen.done {
		if want := zeebo.Sum256(m[p.Name].Data); p.Hash != want {
			t.Errorf("%s has the hash %x, want %x", p.Name, p.Hash, want)
		}
	}
	offer, err := archive.ParseOffer(s.Offer)
	if err != nil || offer.Files != 2506 || !offer.Known || offer.Whole || len(offer.First) < 500 || offer.Names[0] != "top" || offer.First[0].Path != "top" {
		t.Errorf("the offer is %d files, %d of them named, whole %v, %v", offer.Files, len(offer.First), offer.Whole, err)
	}
	if len(s.Offer) > archive.MaxOffer {
		t.Errorf("the offer has %d bytes", len(s.Offer))
	}
}

// Every byte of a small archive, put together by hand from the page on the protocol.
func TestExactBytes(t *testing.T) {
	m := fstest.MapFS{"a": {Data: []byte("abc"), Mode: 0o644, ModTime: time.Unix(0, 9)}}
	b, s, _, _ := write(t, files.FS(m))
	entry := "01" + "01a4" + "0000000000000009" + "0000000000000003" + "0001" + "61" + "0000"
	manifest := "13" + "00000000" + "01" + "00000000" + "0000000000000000" + "0001" + entry
	sum := zeebo.Sum256([]byte("abc"))
	want := "002c" + manifest + "616263" + "00" + hex.EncodeToString(sum[:]) + strings.Repeat("00", 1000)
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("the archive is\n%s, want\n%s", got[:200], want[:200])
	}
	offer := "10" + "02" + "0000000000000001" + "0000000000000003" + "0000000000000003" + "0001" + "0001" + "61"
	if got, want := hex.EncodeToString(s.Offer), "001f"+offer+"002c"+manifest; got != want {
		t.Errorf("the offer is\n%s, want\n%s", got, want)
	}
}

// items is a source of given items.
type items []files.Item

func (s items) Names() []string { return []string{"x"} }
func (s items) Count(context.Context) (files.Totals, error) {
	return files.Totals{Files: int64(len(s)), Known: true}, nil
}

func (s items) Walk(_ context.Context, yield func(files.Item) error) error {
	for _, it := range s {
		if err := yield(it); err != nil {
			return err
		}
	}
	return nil
}

// source is a SourceFile that fails or changes.
type source struct {
	io.ReaderAt
	changed error
}

func (s source) Close() error   { return nil }
func (s source) Changed() error { return s.changed }

type brokenAt struct {
	r   io.ReaderAt
	off int64
}

func (b brokenAt) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.off {
		return 0, &fs.PathError{Op: "read", Path: "/secret/place", Err: errors.New("the disk is broken")}
	}
	return b.r.ReadAt(p, off)
}

func item(path string, size int64, open func() (files.SourceFile, error)) files.Item {
	return files.Item{Entry: files.Entry{Kind: files.KindFile, Path: path, Size: size, Mode: 0o600}, Open: open}
}

func opens(r io.ReaderAt, changed error) func() (files.SourceFile, error) {
	return func() (files.SourceFile, error) { return source{r, changed}, nil }
}

// A file that goes wrong while it is read keeps its place and never arrives; the others do.
func TestFilesThatFail(t *testing.T) {
	good := bytes.NewReader(content(3 << 20))
	stream := item("stream", 0, opens(strings.NewReader(strings.Repeat("x", 2<<20+7)), nil))
	stream.Kind = files.KindStream
	s := items{
		item("short", 4<<20, opens(good, nil)),
		item("long", 2<<20, opens(good, nil)),
		item("changed", 3<<20, opens(good, files.ErrChanged)),
		item("broken", 3<<20, opens(brokenAt{good, 1 << 20}, nil)),
		item("shut", 5, func() (files.SourceFile, error) { return nil, fs.ErrPermission }),
		{Entry: files.Entry{Path: "pipe"}, Err: files.ErrNotSendable},
		{Entry: files.Entry{Path: "ignored"}, Err: fmt.Errorf("by a pattern: %w", files.ErrLeftOut)},
		{Entry: files.Entry{Kind: files.KindSymlink, Path: "link", Target: "good"}},
		item("good", 3<<20, opens(good, nil)),
		stream,
	}
	b, sum, sent, wrote := write(t, s)
	if sum.Size != -1 || sum.Entries.Known {
		t.Errorf("with a stream, the size is %d", sum.Size)
	}
	dest, got, seen, err := read(t.Context(), b, sum.Entries)
	if err != nil {
		t.Fatal(err)
	}
	want := archive.Result{Files: 2, Bytes: 3<<20 + 2<<20 + 7, Failed: 5, Omitted: 1, LeftOut: 1}
	var set blockhash.FileSet
	for _, p := range wrote.done {
		set.Add(p.Name, p.Hash)
	}
	want.Root, _ = set.Root()
	written := want
	written.Layout = sum.Layout
	if got != want || sent != written {
		t.Errorf("read %+v, written %+v, want %+v", got, sent, want)
	}
	for name, reason := range map[string]string{
		"short": "changed while it was read", "long": "changed while it was read", "changed": "changed while it was read",
		"broken": "could not be read", "shut": "could not be read", "pipe": "neither a file, a folder nor a symbolic link",
	} {
		if _, err := dest.ReadFile(name); err == nil {
			t.Errorf("%s arrived", name)
		}
		if got := seen.failed[name]; got != "on the sending side: "+reason {
			t.Errorf("%s: %q", name, got)
		}
		if wrote.failed[name] == "" || strings.Contains(wrote.failed[name], "/secret") {
			t.Errorf("%s, where it was written: %q", name, wrote.failed[name])
		}
	}
	if seen.left["ignored"] == "" {
		t.Error("what is left out on purpose is not told")
	}
	if data, err := dest.ReadFile("stream"); err != nil || len(data) != 2<<20+7 {
		t.Errorf("the stream has %d bytes, %v", len(data), err)
	}
}

// An archive is authentic, and yet whoever made it may be hostile.
func TestHostileArchives(t *testing.T) {
	m := fstest.MapFS{"a": {Data: []byte("abc"), Mode: 0o644}}
	good, s, _, _ := write(t, files.FS(m))
	head := 2 + int(binary.BigEndian.Uint16(good))
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for name, b := range map[string][]byte{
		"nothing":                   {},
		"an end in a length":        good[:1],
		"an end in a page":          good[:20],
		"an end in a file":          good[:head+1],
		"an end in a trailer":       good[:head+10],
		"no page":                   make([]byte, 1000),
		"another message":           append([]byte{0, 2, byte(wire.TypeAccept), 0}, good...),
		"a page too far":            change(func(b []byte) []byte { b[6] = 1; return b }),
		"an entry too far":          change(func(b []byte) []byte { b[19] = 1; return b }),
		"an unknown outcome":        change(func(b []byte) []byte { b[head+3] = 3; return b }),
		"a failure with a hash":     change(func(b []byte) []byte { b[head+3] = 1; return b }),
		"something behind the end":  change(func(b []byte) []byte { b[len(b)-1] = 1; return b }),
		"a second list of what is":  append(append(frameOf(wire.Omitted{}.Append(nil)), frameOf(wire.Omitted{}.Append(nil))...), good...),
		"no last page":              change(func(b []byte) []byte { b[7] = 0; return b }),
		"a piece that is too long":  stream([]byte{0, 0x10, 0, 1}),
		"a short piece in a middle": stream([]byte{0, 0, 0, 1, 'a', 0, 0, 0, 1, 'b', 0, 0, 0, 0}),
	} {
		t.Run(name, func(t *testing.T) {
			dest, _, _, err := read(t.Context(), b, s.Entries)
			if !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("error %v, want ErrMalformed", err)
			}
			for _, e := range dest.Entries() {
				if data, err := dest.ReadFile(e.Path); err == nil && string(data) != "abc" {
					t.Errorf("%s is in place with %q", e.Path, data)
				}
			}
		})
	}
	wrong := change(func(b []byte) []byte { b[head] ^= 1; return b })
	dest, r, _, err := read(t.Context(), wrong, s.Entries)
	if err != nil || r.Corrupt != 1 || r.Failed != 1 || len(dest.Entries()) != 0 {
		t.Errorf("a file with a wrong hash: %+v, %v, %d entries", r, err, len(dest.Entries()))
	}
}

func frameOf(m []byte) []byte { return append([]byte{byte(len(m) >> 8), byte(len(m))}, m...) }

// stream is an archive of one stream with these pieces.
func stream(pieces []byte) []byte {
	page := wire.Manifest{Last: true, Entries: []wire.Entry{{Kind: wire.KindStream, Path: "s"}}}
	return append(append(frameOf(page.Append(nil)), pieces...), make([]byte, 3<<20)...)
}

// Errors say whose they are.
func TestErrors(t *testing.T) {
	m := fstest.MapFS{"a": {Data: content(2 << 20), Mode: 0o644}}
	b, s, _, _ := write(t, files.FS(m))
	_, err := archive.Read(t.Context(), bytes.NewReader(b), s.Entries, files.NewMemory(10), archive.ReadOptions{Observer: newRecord()})
	var full files.NoSpace
	var ours *archive.DestinationError
	if !errors.As(err, &full) || !errors.As(err, &ours) {
		t.Errorf("a destination that is full: %v", err)
	}
	broken := errors.New("broken")
	if _, err := archive.Write(t.Context(), brokenWriter{broken}, files.FS(m), newRecord()); err != broken {
		t.Errorf("a writer that fails: %v", err)
	}
	if _, err := archive.Read(t.Context(), io.MultiReader(bytes.NewReader(b[:100]), brokenReader{broken}), s.Entries, files.NewMemory(1<<30), archive.ReadOptions{Observer: newRecord()}); err != broken {
		t.Errorf("a reader that fails: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	if _, err := archive.Write(ctx, io.Discard, files.FS(m), newRecord()); err != broken {
		t.Errorf("a Write that was cancelled: %v", err)
	}
	if _, _, _, err := read(ctx, b, s.Entries); err != broken {
		t.Errorf("a Read that was cancelled: %v", err)
	}
	var source *archive.SourceError
	if _, err := archive.Write(t.Context(), io.Discard, files.FS(m, "missing", "../x"), newRecord()); !errors.As(err, &source) {
		t.Errorf("a source that fails: %v", err)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

// Whatever is in an archive, reading it ends, and with what is said to be in place.
func FuzzRead(f *testing.F) {
	m := fstest.MapFS{"a": {Data: []byte("abc"), Mode: 0o644}, "b/c": {Data: content(100), Mode: 0o644}}
	b, s, _, _ := write(f, files.FS(m))
	f.Add(b)
	f.Add(b[:50])
	f.Add(stream([]byte{0, 0, 0, 1, 'a', 0, 0, 0, 0})[:200])
	f.Fuzz(func(t *testing.T, b []byte) {
		dest, r, seen, err := read(t.Context(), b, s.Entries)
		if err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("error %v", err)
		}
		if int64(len(seen.done)) != r.Files {
			t.Errorf("%d files are told, %d counted", len(seen.done), r.Files)
		}
		for _, p := range seen.done {
			data, err := dest.ReadFile(p.Path)
			if sum := zeebo.Sum256(data); err != nil || sum != p.Hash {
				t.Errorf("%q is said to be in place: %v", p.Path, err)
			}
		}
	})
}

func FuzzParseOffer(f *testing.F) {
	m := fstest.MapFS{"a": {Data: []byte("abc"), Mode: 0o644}}
	s, err := archive.Survey(f.Context(), files.FS(m), false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Offer)
	f.Add(append(bytes.Clone(s.Offer), 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := archive.ParseOffer(b); err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("error %v", err)
		}
	})
}
