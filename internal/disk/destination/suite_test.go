package destination_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files/filestest"
)

// A Folder passes the tests that every destination has to pass.
func TestFolder(t *testing.T) {
	filestest.TestDestination(t, func(t *testing.T) filestest.Target {
		dir := t.TempDir()
		f, err := destination.NewFolder(t.Context(), dir, destination.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
		return filestest.Target{
			Destination: f,
			ReadFile:    func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))) },
		}
	})
}
