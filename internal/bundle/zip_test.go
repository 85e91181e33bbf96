package bundle

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// archiveOf returns an archive in one piece.
func archiveOf(t *testing.T, b *Bundle) []byte {
	t.Helper()
	var all []byte
	for _, p := range Zip(b.Entries()) {
		if p.Bytes != nil {
			all = append(all, p.Bytes...)
			continue
		}
		buf := make([]byte, p.Piece.Size)
		if _, err := b.data.ReadAt(buf, p.Piece.At); err != nil {
			t.Fatal(err)
		}
		all = append(all, buf...)
	}
	return all
}

// Go's own reader finds in an archive what was received.
func TestZip(t *testing.T) {
	s := openStore(t, newMemory())
	defer s.Close()
	if err := s.Begin(t.Context(), []string{"ordner"}, 0); err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{
		"ordner/":            nil,
		"ordner/leer/":       nil,
		"ordner/leer.txt":    {},
		"ordner/größe 😀.bin": content(1, 2*files.BlockSize+1),
		"ordner/stream":      content(2, files.BlockSize+5),
		"ordner/link":        []byte("stream"),
	}
	when := time.Unix(1_700_000_001, 0)
	var number uint64
	prepare := func(e files.Entry) files.File {
		e.ModTime, e.Mode = when, 0o750
		f, err := s.Prepare(t.Context(), number, e)
		if err != nil {
			t.Fatal(err)
		}
		number++
		return f
	}
	prepare(files.Entry{Kind: files.KindDir, Path: "ordner"})
	prepare(files.Entry{Kind: files.KindDir, Path: "ordner/leer"})
	prepare(files.Entry{Kind: files.KindSymlink, Path: "ordner/link", Target: "stream"})
	var verified []files.File
	for _, path := range []string{"ordner/leer.txt", "ordner/größe 😀.bin"} {
		f := prepare(file1(path, len(want[path])))
		for i := range (len(want[path]) + files.BlockSize - 1) / files.BlockSize {
			put(t, f, want[path], i)
		}
		verified = append(verified, f)
	}
	stream := prepare(files.Entry{Kind: files.KindStream, Path: "ordner/stream"})
	put(t, stream, want["ordner/stream"], 1, 0)
	if err := stream.SetSize(int64(len(want["ordner/stream"]))); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Commit(t.Context(), append(verified, stream)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}

	archive := archiveOf(t, s.Chosen())
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != len(want) {
		t.Errorf("%d entries, want %d", len(r.File), len(want))
	}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rc) // checks the CRC-32
		if err != nil || !bytes.Equal(got, want[f.Name]) {
			t.Errorf("%s: %d bytes, %v", f.Name, len(got), err)
		}
		if !f.Modified.Equal(when) {
			t.Errorf("%s: modified %v, want %v", f.Name, f.Modified, when)
		}
		switch mode := f.Mode(); {
		case f.Name == "ordner/link" && mode.Type() != fs.ModeSymlink,
			f.Name == "ordner/stream" && mode != 0o750,
			f.Name == "ordner/leer/" && mode != fs.ModeDir|0o750:
			t.Errorf("%s: mode %v", f.Name, mode)
		}
	}
}
