package partial

import (
	"os"
	"testing"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	names := []string{"a", "b"}
	if Interrupted(t.Context(), dir, names, "") || Interrupted(t.Context(), dir+"/none", names, "") {
		t.Error("an empty folder has an interrupted transfer")
	}
	dest, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dest.Close()
	p, err := Open(t.Context(), dest, names, descriptors.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	if Interrupted(t.Context(), dir, names, "") {
		t.Error("a transfer that runs is interrupted")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if !Interrupted(t.Context(), dir, []string{"b", "a"}, "") {
		t.Error("an interrupted transfer is not found")
	}
	if Interrupted(t.Context(), dir, []string{"a"}, "") {
		t.Error("a transfer of other names is found")
	}
}
