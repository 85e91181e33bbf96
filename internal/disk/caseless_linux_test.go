package disk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mountCaseless mounts a small ext4 file system on dir, with a folder "caseless"
// that ignores case. It is false without the kernel, tools or permissions for
// that.
func mountCaseless(t *testing.T, dir string) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return false
	}
	image := filepath.Join(t.TempDir(), "image")
	for _, c := range [][]string{
		{"truncate", "-s", "16M", image},
		{"mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8", image},
		{"mount", "-o", "loop", image, dir},
	} {
		if out, err := exec.CommandContext(t.Context(), c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Logf("%s: %v: %s", c[0], err, out)
			return false
		}
	}
	t.Cleanup(func() { must(t, exec.Command("umount", dir).Run()) })
	folder := filepath.Join(dir, "caseless")
	must(t, os.Mkdir(folder, 0o755))
	if out, err := exec.CommandContext(t.Context(), "chattr", "+F", folder).CombinedOutput(); err != nil {
		t.Logf("chattr: %v: %s", err, out)
		return false
	}
	return true
}
