// Package filestest has the tests that every [files.Destination] has to pass. It
// is for the tests of a program that brings its own. Start with [TestDestination].
package filestest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Target is a Destination under test, empty and not yet used.
type Target struct {
	files.Destination
	// ReadFile returns the content of a file that was committed, by the path of
	// its entry, and an error for a file that was not.
	ReadFile func(path string) ([]byte, error)
}

// TestDestination tests a Destination. For each test it calls open, which returns
// a new one and registers with t.Cleanup whatever has to be released.
func TestDestination(t *testing.T, open func(t *testing.T) Target) {
	for name, test := range map[string]func(*testing.T, Target){
		"every size":           everySize,
		"blocks out of order":  outOfOrder,
		"blocks at once":       atOnce,
		"a batch":              batch,
		"a stream":             stream,
		"folders":              folders,
		"closed and forgotten": closedAndForgotten,
		"never finished":       neverFinished,
		"paths that lead out":  pathsThatLeadOut,
		"a cancelled context":  cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	t.Run("in two steps", func(t *testing.T) {
		if d := open(t); isStager(d) {
			twoSteps(t, d)
		}
	})
}

func isStager(d Target) bool {
	_, ok := d.Destination.(files.Stager)
	return ok
}

// content returns n bytes that differ from block to block.
func content(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(b)
	return b
}

func entry(path string, size int) files.Entry {
	return files.Entry{Kind: files.KindFile, Path: path, Mode: 0o644, ModTime: time.Unix(1e9, 0), Size: int64(size)}
}

// block returns the bytes of a block.
func block(data []byte, index int) []byte {
	start := index * files.BlockSize
	return data[start:min(len(data), start+files.BlockSize)]
}

func blocks(data []byte) int { return (len(data) + files.BlockSize - 1) / files.BlockSize }

// receive writes and verifies the blocks of a file in the order of indexes.
func receive(f files.File, data []byte, indexes ...int) error {
	for _, i := range indexes {
		p := block(data, i)
		if n, err := f.WriteAt(p, int64(i)*files.BlockSize); n != len(p) || err != nil {
			return fmt.Errorf("WriteAt of block %d: %d, %w", i, n, err)
		}
		if err := f.Verified(uint32(i), blockhash.Sum(uint32(i), p).Hash); err != nil {
			return fmt.Errorf("verifying block %d: %w", i, err)
		}
	}
	return nil
}

// inOrder returns the indexes of all blocks.
func inOrder(data []byte) []int {
	indexes := make([]int, blocks(data))
	for i := range indexes {
		indexes[i] = i
	}
	return indexes
}

func begin(t *testing.T, d Target, names ...string) {
	t.Helper()
	if err := d.Begin(t.Context(), names, 0); err != nil {
		t.Fatalf("Begin: %v", err)
	}
}

// prepare prepares a file, of which nothing is there.
func prepare(t *testing.T, d Target, number uint64, e files.Entry) files.File {
	t.Helper()
	f, err := d.Prepare(t.Context(), number, e)
	if err != nil || f == nil {
		t.Fatalf("Prepare of %s: %v, %v", e.Path, f, err)
	}
	if have, err := f.Have(t.Context()); len(have) != 0 || err != nil {
		t.Fatalf("Have of %s: %d blocks, %v", e.Path, len(have), err)
	}
	return f
}

func commit(t *testing.T, d Target, verified ...files.File) {
	t.Helper()
	errs := d.Commit(t.Context(), verified)
	if len(errs) != len(verified) {
		t.Fatalf("Commit of %d files returned %d errors", len(verified), len(errs))
	}
	for i, err := range errs {
		if err != nil {
			t.Errorf("Commit of %s: %v", verified[i].Path(), err)
		}
		if err := verified[i].Close(); err != nil {
			t.Errorf("Close of %s after Commit: %v", verified[i].Path(), err)
		}
	}
}

func finish(t *testing.T, d Target) {
	t.Helper()
	if err := d.Finish(t.Context()); err != nil {
		t.Errorf("Finish: %v", err)
	}
}

func check(t *testing.T, d Target, path string, want []byte) {
	t.Helper()
	got, err := d.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes, %v; want %d bytes, and those that were written", path, len(got), err, len(want))
	}
}

func checkAbsent(t *testing.T, d Target, path string) {
	t.Helper()
	if got, err := d.ReadFile(path); err == nil {
		t.Errorf("%s is there, with %d bytes", path, len(got))
	}
}

func everySize(t *testing.T, d Target) {
	sizes := []int{0, 1, files.BlockSize - 1, files.BlockSize, files.BlockSize + 1, 3*files.BlockSize + 5}
	begin(t, d, "top")
	if _, err := d.Prepare(t.Context(), 0, files.Entry{Kind: files.KindDir, Path: "top", Mode: 0o755}); err != nil {
		t.Fatal(err)
	}
	for i, size := range sizes {
		data := content(size)
		f := prepare(t, d, uint64(i+1), entry(fmt.Sprintf("top/%d", size), size))
		if err := receive(f, data, inOrder(data)...); err != nil {
			t.Fatal(err)
		}
		commit(t, d, f)
	}
	finish(t, d)
	for _, size := range sizes {
		check(t, d, fmt.Sprintf("top/%d", size), content(size))
	}
}

func outOfOrder(t *testing.T, d Target) {
	data := content(4*files.BlockSize + 77)
	begin(t, d, "f")
	f := prepare(t, d, 0, entry("f", len(data)))
	if err := receive(f, data, 4, 2, 0, 3, 1); err != nil {
		t.Fatal(err)
	}
	commit(t, d, f)
	finish(t, d)
	check(t, d, "f", data)
}

func atOnce(t *testing.T, d Target) {
	data := content(7*files.BlockSize + 1)
	begin(t, d, "f")
	f := prepare(t, d, 0, entry("f", len(data)))
	var writers sync.WaitGroup
	for i := range blocks(data) {
		writers.Go(func() {
			if err := receive(f, data, i); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	commit(t, d, f)
	finish(t, d)
	check(t, d, "f", data)
}

func batch(t *testing.T, d Target) {
	begin(t, d, "a", "b", "c")
	var verified []files.File
	for i, name := range []string{"a", "b", "c"} {
		data := content(100 + i)
		f := prepare(t, d, uint64(i), entry(name, len(data)))
		if err := receive(f, data, 0); err != nil {
			t.Fatal(err)
		}
		verified = append(verified, f)
	}
	commit(t, d, verified...)
	finish(t, d)
	for i, name := range []string{"a", "b", "c"} {
		check(t, d, name, content(100+i))
	}
}

// Batches are secured while others are placed, and are visible only then. A file that is
// given up in between never is.
func twoSteps(t *testing.T, d Target) {
	const batches, each = 8, 10
	stager := d.Destination.(files.Stager)
	begin(t, d, "top")
	if _, err := d.Prepare(t.Context(), 0, files.Entry{Kind: files.KindDir, Path: "top", Mode: 0o755}); err != nil {
		t.Fatal(err)
	}
	path := func(batch, i int) string { return fmt.Sprintf("top/%d-%d", batch, i) }
	secured := make(chan []files.File, batches)
	var placing sync.WaitGroup
	placing.Go(func() {
		for n := 0; ; n++ {
			batch, ok := <-secured
			if !ok {
				return
			}
			for i := range batch {
				checkAbsent(t, d, path(n, i))
			}
			for _, part := range [][]files.File{batch[:3], batch[3:]} {
				for i, err := range stager.Place(t.Context(), part) {
					if err != nil {
						t.Errorf("Place of %s: %v", part[i].Path(), err)
					}
					if err := part[i].Close(); err != nil {
						t.Errorf("Close of %s after Place: %v", part[i].Path(), err)
					}
				}
			}
		}
	})
	for n := range batches {
		batch := make([]files.File, each)
		for i := range batch {
			data := content(100*n + i)
			batch[i] = prepare(t, d, uint64(1+n*each+i), entry(path(n, i), len(data)))
			if err := receive(batch[i], data, inOrder(data)...); err != nil {
				t.Fatal(err)
			}
		}
		errs := stager.Secure(t.Context(), batch)
		if len(errs) != each {
			t.Fatalf("Secure of %d files returned %d errors", each, len(errs))
		}
		for i, err := range errs {
			if err != nil {
				t.Errorf("Secure of %s: %v", batch[i].Path(), err)
			}
		}
		if n == batches-1 {
			if err := batch[each-1].Close(); err != nil {
				t.Errorf("Close after Secure: %v", err)
			}
			batch = batch[:each-1]
		}
		secured <- batch
	}
	close(secured)
	placing.Wait()
	finish(t, d)
	for n := range batches {
		for i := range each {
			if n == batches-1 && i == each-1 {
				checkAbsent(t, d, path(n, i))
				continue
			}
			check(t, d, path(n, i), content(100*n+i))
		}
	}
}

func stream(t *testing.T, d Target) {
	data := content(2*files.BlockSize + 9)
	begin(t, d, "stdin")
	f := prepare(t, d, 0, files.Entry{Kind: files.KindStream, Path: "stdin", Mode: 0o644, ModTime: time.Unix(1e9, 0)})
	if err := receive(f, data, 1, 0, 2); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSize(int64(len(data))); err != nil {
		t.Fatalf("SetSize: %v", err)
	}
	commit(t, d, f)
	finish(t, d)
	check(t, d, "stdin", data)
}

func folders(t *testing.T, d Target) {
	begin(t, d, "top")
	for i, p := range []string{"top", "top/empty", "top/sub", "top/sub/sub"} {
		f, err := d.Prepare(t.Context(), uint64(i), files.Entry{Kind: files.KindDir, Path: p, Mode: 0o755, ModTime: time.Unix(1e9, 0)})
		if f != nil || err != nil {
			t.Fatalf("Prepare of the folder %s: %v, %v", p, f, err)
		}
	}
	f := prepare(t, d, 4, entry("top/sub/sub/f", 3))
	if err := receive(f, []byte("abc"), 0); err != nil {
		t.Fatal(err)
	}
	commit(t, d, f)
	finish(t, d)
	check(t, d, "top/sub/sub/f", []byte("abc"))
}

// A file that is closed and not committed never gets a name.
func closedAndForgotten(t *testing.T, d Target) {
	begin(t, d, "gone", "kept")
	gone, kept := prepare(t, d, 0, entry("gone", 3)), prepare(t, d, 1, entry("kept", 3))
	for _, f := range []files.File{gone, kept} {
		if err := receive(f, []byte("abc"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := gone.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	commit(t, d, kept)
	finish(t, d)
	checkAbsent(t, d, "gone")
	check(t, d, "kept", []byte("abc"))
}

// Before Commit nothing is visible, even if every byte is there.
func neverFinished(t *testing.T, d Target) {
	begin(t, d, "f")
	f := prepare(t, d, 0, entry("f", 3))
	if err := receive(f, []byte("abc"), 0); err != nil {
		t.Fatal(err)
	}
	checkAbsent(t, d, "f")
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// Paths are the peer's, and hostile. One that leads out of the destination is
// refused, or ends the transfer.
func pathsThatLeadOut(t *testing.T, d Target) {
	begin(t, d, "f")
	for i, p := range []string{"../f", "f/../../g", "/f", "..", ".", ""} {
		if _, err := d.Prepare(t.Context(), uint64(i), entry(p, 1)); err == nil {
			t.Errorf("%q is allowed", p)
		}
	}
}

func cancelled(t *testing.T, d Target) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Begin(ctx, []string{"f"}, 0); err == nil {
		t.Error("Begin succeeds after its context has ended")
	}
}
