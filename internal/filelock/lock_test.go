package filelock

import (
	"os"
	"path/filepath"
	"testing"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestOneHasTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, second := open(t, path), open(t, path)
	if held, err := Try(first); held || err != nil {
		t.Fatalf("the first: %v, %v", held, err)
	}
	if held, err := Try(second); !held || err != nil {
		t.Fatalf("the second: %v, %v", held, err)
	}
	got := make(chan error)
	go func() { got <- Wait(second) }()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	if held, err := Try(open(t, path)); !held || err != nil {
		t.Errorf("a third: %v, %v", held, err)
	}
}
