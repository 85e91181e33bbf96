package disk_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
)

// The copy is the same: names in many scripts, modes, times to the nanosecond and
// before 1970, empty files and folders, read-only folders, symlinks.
func TestRoundTrip(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	top := filepath.Join(from, "top")
	files := map[string]int{
		"empty": 0, "one": 1, "block": 1 << 20, "block+1": 1<<20 + 1, "three": 3<<20 - 7,
		"été": 5, "e\u0301te\u0301": 6, "文件/名前": 7, "русский": 8, "العربية/עברית": 9, "🗂️/😀.txt": 10,
		"deep/a/b/c/d/e/f/g": 11, " space ": 12, "-rf": 13, ".hidden": 14, "new\\slash": 15,
	}
	for name, size := range files {
		write(t, filepath.Join(top, name), random(size, uint64(size)))
	}
	for p, mode := range map[string]os.FileMode{"one": 0o400, "block": 0o777, "three": 0o600, "empty": 0o640} {
		must(t, os.Chmod(filepath.Join(top, p), mode))
	}
	must(t, os.MkdirAll(filepath.Join(top, "nothing", "in", "here"), 0o700))
	must(t, os.Symlink("one", filepath.Join(top, "link")))
	must(t, os.Symlink("../../文件", filepath.Join(top, "deep", "a", "up")))
	must(t, os.Symlink("nowhere", filepath.Join(top, "dangling")))
	must(t, os.Symlink("loop", filepath.Join(top, "loop")))
	must(t, os.Symlink(".", filepath.Join(top, "self")))
	for p, at := range map[string]time.Time{
		"one": time.Unix(0, 1), "three": time.Unix(-86_400*365, 123_456_789), "empty": time.Unix(4_000_000_000, 999_999_999),
		"deep/a/b": time.Unix(1, 2), "nothing/in/here": time.Unix(1_000_000_000, 0),
	} {
		must(t, os.Chtimes(filepath.Join(top, p), at, at))
	}
	must(t, os.Chmod(filepath.Join(top, "deep", "a"), 0o500))
	must(t, os.Chmod(filepath.Join(top, "文件"), 0o555))
	t.Cleanup(func() {
		for _, dir := range []string{from, to} {
			_ = os.Chmod(filepath.Join(dir, "top", "deep", "a"), 0o700)
			_ = os.Chmod(filepath.Join(dir, "top", "文件"), 0o700)
		}
	})

	d := deliver(t, to, destination.Options{Preserve: true}, top)
	same(t, to, from)
	if len(d.skipped) > 0 {
		t.Errorf("skipped: %v", d.skipped)
	}
}
