package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// counted counts what is read of an archive that can be skipped.
type counted struct {
	*bytes.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// partly is a destination that has blocks of some files, of these contents, and refuses
// others.
type partly struct {
	*files.Memory
	has     map[string][]byte
	blocks  map[string][]uint32 // which of them; nil: all
	refuses string
	written map[string]int // blocks
}

func (d *partly) Prepare(ctx context.Context, number uint64, e files.Entry) (files.File, error) {
	if e.Path == d.refuses {
		return nil, refusal("not here")
	}
	f, err := d.Memory.Prepare(ctx, number, e)
	if err != nil || f == nil {
		return f, err
	}
	return &partlyFile{f, d, e.Path}, nil
}

func (d *partly) Commit(ctx context.Context, verified []files.File) []error {
	inner := make([]files.File, len(verified))
	for i, f := range verified {
		inner[i] = f.(*partlyFile).File
	}
	return d.Memory.Commit(ctx, inner)
}

type partlyFile struct {
	files.File
	dest *partly
	path string
}

func (f *partlyFile) Have(context.Context) (map[uint32]files.Block, error) {
	content, ok := f.dest.has[f.path]
	if !ok {
		return nil, nil
	}
	have := make(map[uint32]files.Block)
	wanted := f.dest.blocks[f.path]
	for i := uint32(0); int64(i)*files.BlockSize < int64(len(content)); i++ {
		if wanted != nil && !contains(wanted, i) {
			continue
		}
		off := int64(i) * files.BlockSize
		block := content[off:min(off+files.BlockSize, int64(len(content)))]
		have[i] = blockhash.Sum(i, block)
		if _, err := f.File.WriteAt(block, off); err != nil {
			return nil, err
		}
	}
	return have, nil
}

func contains(list []uint32, v uint32) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func (f *partlyFile) WriteAt(p []byte, off int64) (int, error) {
	f.dest.written[f.path]++
	return f.File.WriteAt(p, off)
}

type refusal string

func (r refusal) Error() string { return string(r) }
func (r refusal) Brief() string { return string(r) }
func (r refusal) Why() string   { return string(r) }

// What the destination has is not read; what turns out to be of another version is.
func TestSkip(t *testing.T) {
	big, small := content(5<<20+99), content(1000)
	other := bytes.Clone(big)
	other[3<<20+5] ^= 1
	m := fstest.MapFS{"a": {Data: big}, "b": {Data: small}, "c": {Data: big}}
	archived, s, _, _ := write(t, files.FS(m))
	for name, tt := range map[string]struct {
		has     map[string][]byte
		blocks  map[string][]uint32
		refuses string
		read    int64 // of big, in whole blocks; the rest is small
		written map[string]int
	}{
		"nothing":         {read: 2 * int64(len(big)), written: map[string]int{"a": 6, "b": 1, "c": 6}},
		"all of one":      {has: map[string][]byte{"a": big}, read: int64(len(big)), written: map[string]int{"b": 1, "c": 6}},
		"all":             {has: map[string][]byte{"a": big, "b": small, "c": big}, written: map[string]int{}},
		"a beginning":     {has: map[string][]byte{"c": big}, blocks: map[string][]uint32{"c": {0, 1, 2}}, read: 2*int64(len(big)) - 3<<20, written: map[string]int{"a": 6, "b": 1, "c": 3}},
		"an end":          {has: map[string][]byte{"a": big}, blocks: map[string][]uint32{"a": {5}}, read: 2*int64(len(big)) - 99, written: map[string]int{"a": 5, "b": 1, "c": 6}},
		"another version": {has: map[string][]byte{"a": other}, read: 2 * int64(len(big)), written: map[string]int{"a": 1, "b": 1, "c": 6}},
		"a part of it":    {has: map[string][]byte{"a": other}, blocks: map[string][]uint32{"a": {1, 3}}, read: 2 * int64(len(big)), written: map[string]int{"a": 5, "b": 1, "c": 6}},
		"one is refused":  {refuses: "a", read: int64(len(big)), written: map[string]int{"b": 1, "c": 6}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &counted{Reader: bytes.NewReader(archived)}
			d := &partly{Memory: files.NewMemory(1 << 30), has: tt.has, blocks: tt.blocks, refuses: tt.refuses, written: make(map[string]int)}
			var skipped int64
			seen := newRecord()
			got, err := archive.Read(t.Context(), r, s.Entries, d, archive.ReadOptions{Observer: seen, Skipped: func(n int64) { skipped += n }})
			if err != nil {
				t.Fatal(err)
			}
			for path, f := range m {
				if path == tt.refuses {
					continue
				}
				if b, err := d.ReadFile(path); err != nil || !bytes.Equal(b, f.Data) {
					t.Errorf("%s: %d bytes, %v", path, len(b), err)
				}
			}
			want := int64(3)
			if tt.refuses != "" {
				want = 2
			}
			if got.Files != want || got.Corrupt != 0 {
				t.Errorf("the result is %+v", got)
			}
			if rest := r.read - tt.read; rest < 0 || rest > 4000 {
				t.Errorf("%d bytes are read, want %d and a little", r.read, tt.read)
			}
			if seen.bytes != s.Entries.Bytes || seen.bytes-skipped < tt.read || seen.bytes-skipped > tt.read+1000 {
				t.Errorf("%d bytes are observed, %d of them skipped; %d were read", seen.bytes, skipped, tt.read)
			}
			if !maps.Equal(d.written, tt.written) {
				t.Errorf("blocks written: %v, want %v", d.written, tt.written)
			}
		})
	}
}

// A stream is resumed as a file is.
func TestSkipStream(t *testing.T) {
	whole := content(3<<20 + 7)
	stream := item("stream", 0, opens(bytes.NewReader(whole), nil))
	stream.Kind = files.KindStream
	archived, s, _, _ := write(t, items{stream})
	other := bytes.Clone(whole)
	other[0] ^= 1
	for name, tt := range map[string]struct {
		has     []byte
		written int
	}{"the same": {whole, 0}, "a beginning": {whole[:2<<20], 2}, "a beginning and a part of a block": {whole[:2<<20+5], 2}, "another version": {other, 1}} {
		r := &counted{Reader: bytes.NewReader(archived)}
		d := &partly{Memory: files.NewMemory(1 << 30), has: map[string][]byte{"stream": tt.has}, written: make(map[string]int)}
		got, err := archive.Read(t.Context(), r, s.Entries, d, archive.ReadOptions{Observer: newRecord()})
		b, readErr := d.ReadFile("stream")
		if err != nil || readErr != nil || got.Files != 1 || !bytes.Equal(b, whole) || d.written["stream"] != tt.written {
			t.Errorf("%s: %+v, %d bytes, %d blocks written, %v, %v", name, got, len(b), d.written["stream"], err, readErr)
		}
	}
}

// A long padding is not read, but its end is.
func TestSkipPadding(t *testing.T) {
	archived, s, _, _ := write(t, files.FS(fstest.MapFS{"a": {Data: []byte("abc")}}))
	padded := append(archived, make([]byte, 8<<20)...)
	r := &counted{Reader: bytes.NewReader(padded)}
	if _, err := archive.Read(t.Context(), r, s.Entries, files.NewMemory(1<<20), archive.ReadOptions{Observer: newRecord()}); err != nil || r.read > 100_000 {
		t.Errorf("%d bytes are read, %v", r.read, err)
	}
	padded[len(padded)-1] = 1
	if _, _, _, err := read(t.Context(), padded, s.Entries); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("something at the end: %v", err)
	}
}

// A file of an absurd size that is not taken ends at the end of the archive.
func TestSkipBehindTheEnd(t *testing.T) {
	page := wire.Manifest{Last: true, Entries: []wire.Entry{{Kind: wire.KindFile, Path: "a", Size: wire.MaxFileSize}}}.Append(nil)
	archived := append([]byte{byte(len(page) >> 8), byte(len(page))}, page...)
	archived = append(archived, make([]byte, 100)...)
	d := &partly{Memory: files.NewMemory(1 << 20), refuses: "a", written: make(map[string]int)}
	_, err := archive.Read(t.Context(), bytes.NewReader(archived), wire.Offer{Names: []string{"a"}}, d, archive.ReadOptions{Observer: newRecord()})
	if !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("the error is %v", err)
	}
}

// No more is taken than is allowed, and nothing of the file with which it would be.
func TestMaxBytes(t *testing.T) {
	stream := item("stream", 0, opens(strings.NewReader(strings.Repeat("x", 2<<20)), nil))
	stream.Kind = files.KindStream
	file := item("file", 1<<20, opens(bytes.NewReader(content(1<<20)), nil))
	for _, tt := range []struct {
		limit int64
		want  string
	}{{3 << 20, "file stream"}, {3<<20 - 1, "file"}, {1 << 20, "file"}, {1<<20 - 1, ""}} {
		archived, s, _, _ := write(t, items{file, stream})
		for _, r := range []io.Reader{bytes.NewReader(archived), io.MultiReader(bytes.NewReader(archived))} {
			dest := files.NewMemory(1 << 30)
			_, err := archive.Read(t.Context(), r, s.Entries, dest, archive.ReadOptions{Observer: newRecord(), MaxBytes: tt.limit})
			if whole := tt.limit == 3<<20; errors.Is(err, archive.ErrTooLarge) == whole || whole && err != nil {
				t.Errorf("%d: %v", tt.limit, err)
			}
			if b, _ := dest.ReadFile("stream"); (len(b) == 2<<20) != strings.Contains(tt.want, "stream") {
				t.Errorf("%d: the stream has %d bytes", tt.limit, len(b))
			}
		}
	}
}

// expecting notes what it is told to expect.
type expecting struct {
	counted
	expected map[int64]bool
	missed   int // short reads that were not expected
}

func (e *expecting) Expect(offsets ...int64) {
	for _, o := range offsets {
		e.expected[o] = true
	}
}

func (e *expecting) Read(p []byte) (int, error) {
	if at, _ := e.Seek(0, io.SeekCurrent); len(p) == 1+files.HashSize && !e.expected[at] {
		e.missed++
	}
	return e.counted.Read(p)
}

// Where one file is there already, the ends of the next ones are expected.
func TestExpect(t *testing.T) {
	m, has := fstest.MapFS{}, make(map[string][]byte)
	for i := range 60 {
		name := string([]byte{'a', byte('A' + i)})
		m[name] = &fstest.MapFile{Data: content(200_000 + i)}
		has[name] = m[name].Data
	}
	archived, s, _, _ := write(t, files.FS(m))
	r := &expecting{counted{Reader: bytes.NewReader(archived)}, make(map[int64]bool), 0}
	d := &partly{Memory: files.NewMemory(1 << 30), has: has, written: make(map[string]int)}
	if got, err := archive.Read(t.Context(), r, s.Entries, d, archive.ReadOptions{Observer: newRecord()}); err != nil || got.Files != 60 {
		t.Errorf("%+v, %v", got, err)
	}
	if r.missed != 1 {
		t.Errorf("%d ends of files were not expected, want that of the first", r.missed)
	}
}
