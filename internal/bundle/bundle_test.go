package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/files/filestest"
)

func openStore(t *testing.T, m *memory) *Store {
	t.Helper()
	s, err := OpenStore(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// content returns bytes that differ from block to block.
func content(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// bytesOf reads the pieces of an entry.
func bytesOf(b *Bundle, e Entry) ([]byte, error) {
	var all []byte
	for _, p := range e.Pieces {
		buf := make([]byte, p.Size)
		if _, err := b.data.ReadAt(buf, p.At); err != nil {
			return nil, err
		}
		all = append(all, buf...)
	}
	if crc32.ChecksumIEEE(all) != e.CRC {
		return nil, errors.New("another CRC-32")
	}
	return all, nil
}

func TestDestination(t *testing.T) {
	filestest.TestDestination(t, func(t *testing.T) filestest.Target {
		s := openStore(t, newMemory())
		t.Cleanup(func() { _ = s.Close() })
		return filestest.Target{Destination: s, ReadFile: func(path string) ([]byte, error) {
			for _, e := range s.Chosen().Entries() {
				if e.Path == path {
					return bytesOf(s.Chosen(), e)
				}
			}
			return nil, errors.New("no such file")
		}}
	})
}

func file1(path string, size int) files.Entry {
	return files.Entry{Kind: files.KindFile, Path: path, Mode: 0o640, ModTime: time.Unix(1e9, 0), Size: int64(size)}
}

// put writes and verifies blocks of a file.
func put(t *testing.T, f files.File, data []byte, blocks ...int) {
	t.Helper()
	for _, i := range blocks {
		p := data[i*files.BlockSize : min(len(data), (i+1)*files.BlockSize)]
		if _, err := f.WriteAt(p, int64(i)*files.BlockSize); err != nil {
			t.Fatal(err)
		}
		if err := f.Verified(uint32(i), blockhash.Sum(uint32(i), p).Hash); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that dies loses what was not synced, and nothing else; what is
// damaged on the storage is not believed.
func TestResume(t *testing.T) {
	m := newMemory()
	data := content(1, 3*files.BlockSize+9)
	small := content(2, 500)
	first := openStore(t, m)
	defer first.Close()
	if err := first.Begin(t.Context(), []string{"big", "small"}, 0); err != nil {
		t.Fatal(err)
	}
	if err := first.Remember([]byte("sealed")); err != nil {
		t.Fatal(err)
	}
	f, err := first.Prepare(t.Context(), 0, file1("big", len(data)))
	if err != nil {
		t.Fatal(err)
	}
	g, err := first.Prepare(t.Context(), 1, file1("small", len(small)))
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, data, 2, 0)
	put(t, g, small, 0)
	if errs := first.Commit(t.Context(), []files.File{g}); errs[0] != nil { // syncs both
		t.Fatal(errs[0])
	}
	put(t, f, data, 1) // not synced
	if s := openStore(t, m); len(s.Kept()) != 0 {
		t.Error("a bundle that is open is listed")
	}
	m.crash()
	for _, b := range m.bundles {
		b[0].data[2*files.BlockSize+7]++ // of block 2
		b[1].data = append(b[1].data, "half a record"...)
	}

	second := openStore(t, m)
	defer second.Close()
	if got := second.Remembered(); len(got) != 1 || string(got[0]) != "sealed" {
		t.Errorf("remembered: %q", got)
	}
	if !second.Interrupted([]string{"small", "big"}) || second.Interrupted([]string{"big"}) {
		t.Error("the names of the interrupted transfer are others")
	}
	if err := second.Begin(t.Context(), []string{"big", "small"}, 0); err != nil {
		t.Fatal(err)
	}
	if f, err = second.Prepare(t.Context(), 0, file1("big", len(data))); err != nil {
		t.Fatal(err)
	}
	have, err := f.Have(t.Context())
	if err != nil || len(have) != 1 || have[0] != blockhash.Sum(0, data[:files.BlockSize]) {
		t.Errorf("have %d blocks, %v; want block 0", len(have), err)
	}
	put(t, f, data, 1, 2, 3)
	if errs := second.Commit(t.Context(), []files.File{f}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if err := second.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := second.Chosen().Entries()
	if len(all) != 1 || all[0].Path != "big" { // small is not in this manifest
		t.Fatalf("entries: %v", all)
	}
	if got, err := bytesOf(second.Chosen(), all[0]); err != nil || !bytes.Equal(got, data) {
		t.Errorf("other bytes than were sent, %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	third := openStore(t, m)
	if k := third.Kept(); len(k) != 1 || !k[0].Finished || k[0].Files != 1 || k[0].Bytes != int64(len(data)) || len(third.Remembered()) != 0 {
		t.Errorf("kept at the end: %+v", k)
	}
}

// What a hostile sender may try.
func TestRefusals(t *testing.T) {
	s := openStore(t, newMemory())
	defer s.Close()
	if err := s.Begin(t.Context(), []string{"top"}, 0); err != nil {
		t.Fatal(err)
	}
	link := func(path, target string) files.Entry {
		return files.Entry{Kind: files.KindSymlink, Path: path, Target: target}
	}
	for i, tt := range []struct {
		e       files.Entry
		allowed bool
	}{
		{file1("top/a", 1), true},
		{file1("top/a", 1), false},
		{file1("top/a/b", 1), false},
		{file1("top", 1), false},
		{file1("top/bell\a", 1), false},
		{file1("other/x", 1), false},
		{file1("top//x", 1), false},
		{file1(".tallow-x", 1), false},
		{link("top/out", "../../etc/passwd"), false},
		{link("top/in", "a"), true},
		{file1("top/in/x", 1), false},
	} {
		_, err := s.Prepare(t.Context(), uint64(i), tt.e)
		var refusal files.Refusal
		if (err == nil) != tt.allowed || err != nil && !errors.As(err, &refusal) {
			t.Errorf("%q: %v", tt.e.Path, err)
		}
	}
}

// A storage that is known to be full says so before anything is sent.
func TestFull(t *testing.T) {
	m := newMemory()
	m.free = 100
	s := openStore(t, m)
	defer s.Close()
	var full files.NoSpace
	if err := s.Begin(t.Context(), []string{"x"}, 130); !errors.As(err, &full) || full.Missing() != 30 {
		t.Errorf("%v, want 30 bytes missing", err)
	}
}

func TestCombineCRC(t *testing.T) {
	data := content(3, 70_000)
	for _, at := range []int{0, 1, 7, 4096, 65_536, 69_999, 70_000} {
		got := combineCRC(crc32.ChecksumIEEE(data[:at]), crc32.ChecksumIEEE(data[at:]), int64(len(data)-at))
		if want := crc32.ChecksumIEEE(data); got != want {
			t.Errorf("split at %d: %08x, want %08x", at, got, want)
		}
	}
}

// Whatever is in the storage, reading it ends, and the same records come back.
func FuzzParseRecord(f *testing.F) {
	for _, r := range []record{
		{Begin: &beginRecord{Names: []string{"a"}}},
		{Entry: &entryRecord{ID: 1, Kind: files.KindFile, Path: "a/b", Size: 9}},
		{Block: &blockRecord{ID: 1, Size: 3, Sum: make([]byte, files.HashSize)}},
		{Sealed: []byte("x")},
		{Finished: true},
	} {
		b, err := appendRecord(nil, r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n, err := parseRecord(b)
		if err != nil {
			return
		}
		again, err := appendRecord(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		same, _, err := parseRecord(again)
		if err != nil || fmt.Sprint(same.Finished, same.Sealed) != fmt.Sprint(r.Finished, r.Sealed) || n > len(b) {
			t.Errorf("%+v became %+v, %v", r, same, err)
		}
		bundle := &Bundle{byPath: make(map[string]*item)}
		bundle.replay(r)
	})
}
