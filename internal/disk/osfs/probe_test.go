package osfs

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestTryCreate(t *testing.T) {
	for name, try := range map[string]func(string) error{"TryCreate": TryCreate, "tryNamed": tryNamed} {
		dir := t.TempDir()
		if err := try(dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v, %v", name, left, err)
		}
		if err := try(dir + "/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s in no folder: %v", name, err)
		}
	}
}
