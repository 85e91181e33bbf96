package disk_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// Small files that come in one piece, alone and in a batch that is synced as a
// whole, with all kinds of modes. They arrive unchanged, even if a block comes
// twice or an interrupted transfer left a partial file.
func TestWholeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: Windows has no such modes")
	}
	if !asUser(t) {
		return
	}
	modes := []fs.FileMode{0o644, 0o600, 0o755, 0o777, 0o444, 0o400, 0o200, 0}
	for _, n := range []int{1, 20} {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprint(n, before), func(t *testing.T) {
				dir := t.TempDir()
				data := random(3000, 1)
				if before { // verified, and not committed
					f := begun(t, dir, destination.Options{Preserve: true}, "top")
					mustPrepareFolder(t, f, "top")
					for i := range n {
						e := fileEntry(fmt.Sprint("top/", i), len(data))
						e.Mode = modes[i%len(modes)]
						file, err := f.Prepare(t.Context(), 0, e)
						must(t, err)
						fill(t, file, data)
					}
					must(t, f.Close())
				}
				f := begun(t, dir, destination.Options{Preserve: true}, "top")
				mustPrepareFolder(t, f, "top")
				var batch []files.File
				for i := range n {
					e := fileEntry(fmt.Sprint("top/", i), len(data))
					e.Mode = modes[i%len(modes)]
					file, err := f.Prepare(t.Context(), 0, e)
					must(t, err)
					_, err = file.Have(t.Context())
					must(t, err)
					for range 1 + i%2 {
						_, err := file.WriteAt(data, 0)
						must(t, err)
						must(t, file.Verified(0, blockhash.Sum(0, data).Hash))
					}
					batch = append(batch, file)
				}
				for _, err := range f.Commit(t.Context(), batch) {
					must(t, err)
				}
				must(t, f.Finish(t.Context()))
				for i := range n {
					p, mode := filepath.Join(dir, "top", fmt.Sprint(i)), modes[i%len(modes)]
					info, err := os.Lstat(p)
					must(t, err)
					if info.Mode() != mode || info.ModTime().UnixNano() != 1e18 {
						t.Errorf("%v, want %v; %v", info.Mode(), mode, info.ModTime())
					}
					must(t, os.Chmod(p, 0o600))
					if read(t, p) != string(data) {
						t.Errorf("%v: other content", mode)
					}
				}
			})
		}
	}
}
