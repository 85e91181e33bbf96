package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// caseless returns a folder on a disk that does not distinguish "a" from "A", or
// skips the test. Some systems have such disks, and on others root can make one.
// TestCollision imitates such a disk with hard links.
func caseless(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	probe := func(dir string) bool {
		write(t, filepath.Join(dir, "probe"), nil)
		defer os.Remove(filepath.Join(dir, "probe"))
		_, err := os.Lstat(filepath.Join(dir, "PROBE"))
		return err == nil
	}
	if probe(dir) {
		return dir
	}
	if mountCaseless(t, dir) && probe(filepath.Join(dir, "caseless")) {
		return filepath.Join(dir, "caseless")
	}
	t.Skip("SKIPPED: no disk that ignores case can be had here")
	return ""
}

// Entries whose names differ only in case, on a disk that ignores case. The first
// is received and the second refused, and no policy replaces one with the other.
// No file gets into the partial folder by a different case either.
func TestCaseless(t *testing.T) {
	base := caseless(t)
	for p := destination.PolicyAsk; p <= destination.PolicyFail; p++ {
		t.Run(p.String(), func(t *testing.T) {
			dir := filepath.Join(base, p.String())
			f := begun(t, dir, destination.Options{Policy: p}, "top")
			mustPrepareFolder(t, f, "top")
			_, err := put(t, f, fileEntry("top/Name", 5), []byte("first"))
			must(t, err)
			_, err = put(t, f, fileEntry("top/nAME", 5), []byte("other"))
			refusedWith(t, err, "same name")
			both := make([]files.File, 2)
			for i, name := range []string{"top/one", "top/ONE"} { // before either is there
				both[i], err = f.Prepare(t.Context(), uint64(i), fileEntry(name, 3))
				must(t, err)
				fill(t, both[i], []byte(name[4:]))
			}
			errs := f.Commit(t.Context(), both)
			must(t, errs[0])
			refusedWith(t, errs[1], "same name")
			must(t, f.Finish(t.Context()))
			if a, b := read(t, filepath.Join(dir, "top", "NAME")), read(t, filepath.Join(dir, "top", "One")); a != "first" || b != "one" {
				t.Errorf("%q, %q", a, b)
			}
			// A file of the user's that is the same, for two entries.
			write(t, filepath.Join(dir, "top", "mine"), []byte("mine"))
			f = begun(t, dir, destination.Options{Policy: p}, "top")
			mustPrepareFolder(t, f, "top")
			for i, name := range []string{"top/MINE", "top/mine"} {
				file, err := f.Prepare(t.Context(), uint64(i), fileEntry(name, 4))
				if i == 1 {
					refusedWith(t, err, "same name")
					continue
				}
				must(t, err)
				_, err = file.Have(t.Context())
				must(t, errors.Join(err, f.Commit(t.Context(), []files.File{file})[0]))
			}
		})
	}
}
