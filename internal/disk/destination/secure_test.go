package destination_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Files that are secured and not placed have no names, and all of them is there for the next
// process. So it is with few files, which are synced one by one, and with many.
func TestSecuredSurvives(t *testing.T) {
	for _, count := range []int{1, 20} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			dir := t.TempDir()
			entryOf := func(i int) files.Entry {
				return files.Entry{Kind: files.KindFile, Path: fmt.Sprintf("top/%d", i), Mode: 0o640, ModTime: time.Unix(1e9, 7), Size: 5000}
			}
			contentOf := func(i int) []byte {
				b := make([]byte, 5000)
				for n := range b {
					b[n] = byte(n*(i+1) + 1)
				}
				return b
			}
			open := func() *destination.Folder {
				f, err := destination.NewFolder(t.Context(), dir, destination.Options{})
				if err == nil {
					err = f.Begin(t.Context(), []string{"top"}, 0)
				}
				if err == nil {
					_, err = f.Prepare(t.Context(), 0, files.Entry{Kind: files.KindDir, Path: "top", Mode: 0o755})
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = f.Close() })
				return f
			}

			first := open()
			batch := make([]files.File, count)
			for i := range batch {
				f, err := first.Prepare(t.Context(), uint64(i+1), entryOf(i))
				if err != nil {
					t.Fatal(err)
				}
				_, err = f.WriteAt(contentOf(i), 0)
				if err := errors.Join(err, f.Verified(0, blockhash.Sum(0, contentOf(i)).Hash)); err != nil {
					t.Fatal(err)
				}
				batch[i] = f
			}
			if err := errors.Join(append(first.Secure(t.Context(), batch), first.Close())...); err != nil {
				t.Fatal(err)
			}
			for i := range batch {
				if _, err := os.Lstat(filepath.Join(dir, "top", fmt.Sprint(i))); !errors.Is(err, os.ErrNotExist) {
					t.Fatalf("file %d before Place: %v", i, err)
				}
			}

			second := open()
			for i := range batch {
				f, err := second.Prepare(t.Context(), uint64(i+1), entryOf(i))
				if err != nil {
					t.Fatal(err)
				}
				have, err := f.Have(t.Context())
				if want := blockhash.Sum(0, contentOf(i)); err != nil || have[0] != want {
					t.Fatalf("file %d: %d blocks, %v", i, len(have), err)
				}
				batch[i] = f
			}
			if err := errors.Join(append(second.Secure(t.Context(), batch), second.Place(t.Context(), batch)...)...); err != nil {
				t.Fatal(err)
			}
			if err := second.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range batch {
				name := filepath.Join(dir, "top", fmt.Sprint(i))
				got, err := os.ReadFile(name)
				if err != nil || string(got) != string(contentOf(i)) {
					t.Errorf("file %d has %d bytes, %v", i, len(got), err)
				}
				if info, err := os.Lstat(name); err != nil || !info.ModTime().Equal(entryOf(i).ModTime) {
					t.Errorf("file %d: %v, %v", i, info, err)
				}
			}
		})
	}
}
