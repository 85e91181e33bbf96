package partial

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/descriptors"
)

// Many transfers of the same names begin and end at the same time. No two have
// the same folder, and none has one that another removed.
func TestPartialFolderRace(t *testing.T) {
	const workers, rounds = 8, 40
	dir := t.TempDir()
	var mu sync.Mutex
	used := map[string]bool{}
	round := func() {
		dest, err := os.OpenRoot(dir)
		if err != nil {
			t.Error(err)
			return
		}
		defer dest.Close()
		p, err := Open(t.Context(), dest, []string{"a"}, descriptors.Budget{})
		if err != nil {
			t.Error(err)
			return
		}
		name := p.Path
		mu.Lock()
		if used[name] {
			t.Errorf("two have %s", name)
		}
		used[name] = true
		mu.Unlock()
		mine, err := p.Journal.File().Stat()
		there, lerr := dest.Lstat(name + "/" + journalName)
		if err != nil || lerr != nil || !os.SameFile(mine, there) {
			t.Errorf("%s was taken away: %v", name, errors.Join(err, lerr))
		}
		mu.Lock()
		used[name] = false
		mu.Unlock()
		if err := p.Remove(); err != nil {
			t.Error(err)
		}
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				round()
			}
		})
	}
	group.Wait()
}
