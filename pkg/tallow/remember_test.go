package tallow_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// Without a folder of state, the sender is remembered beside the files, also if a
// person was asked before there were any.
func TestRememberedBesideTheFiles(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneRelay}})
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	from, to := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "f"), make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	code := make(chan string, 1)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		_, _ = client.Send(ctx, tallow.SendOptions{
			Paths: []string{filepath.Join(from, "f")}, LimitRate: 1 << 20,
			OnEvent: func(e tallow.Event) {
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code
				}
			},
		})
	})
	k := <-code
	running.Go(func() {
		_, _ = client.Receive(ctx, tallow.ReceiveOptions{
			Code: k, Output: to,
			Accept: func(context.Context, tallow.Offer) (bool, error) { return true, nil },
		})
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !hasSealed(t, to) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the sender is not remembered")
		}
	}
}

// hasSealed reports whether the journal of a transfer that runs into dir has what
// another process needs.
func hasSealed(t *testing.T, dir string) bool {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, names.PartialPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		copied := filepath.Join(t.TempDir(), filepath.Base(f))
		if err := os.CopyFS(copied, os.DirFS(f)); err != nil {
			continue // it is being written to
		}
		if len(partial.Remembered(t.Context(), filepath.Dir(copied), "")) > 0 {
			return true
		}
	}
	return false
}
