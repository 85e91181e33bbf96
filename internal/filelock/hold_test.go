package filelock

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Hold(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Hold(ended, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("while another one holds it: %v", err)
	}
	got := make(chan error)
	go func() {
		release, err := Hold(t.Context(), path)
		if err == nil {
			release()
		}
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Error(err)
	}
	if _, err := Hold(t.Context(), filepath.Join(path, "below a file")); err == nil {
		t.Error("a lock where there can be no file")
	}
}
