package tallow

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/vault"
)

// testMemory seals as "quick" and as "whole", and counts how often the latter.
func testMemory(t *testing.T) (m *memory, wholes *atomic.Int32, stored func() []string) {
	t.Helper()
	wholes = new(atomic.Int32)
	dir := filepath.Join(t.TempDir(), "meetings")
	m = &memory{
		meetings: &vault.Meetings{Dir: dir}, log: slog.New(slog.DiscardHandler),
		quick: func() ([]byte, error) { return []byte("quick"), nil },
		seal: func() ([]byte, error) {
			wholes.Add(1)
			return []byte("whole"), nil
		},
	}
	return m, wholes, func() (all []string) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
		return all
	}
}

// A transfer is sealed with the key of the machine soon, and with the code alone
// only if it takes longer.
func TestMemoryOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, wholes, stored := testMemory(t)
		m.start(t.Context(), rememberAfter)
		check := func(after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := stored(); !slices.Equal(got, want) {
				t.Errorf("stored is %q, want %q", got, want)
			}
		}
		check(rememberAfter - 1)
		check(1, "quick")
		check(sealAfter-1, "quick")
		if wholes.Load() != 0 {
			t.Error("sealed with the code alone too early")
		}
		check(1, "whole")
		check(time.Hour, "whole")
		m.stop()
		check(0)
		if wholes.Load() != 1 {
			t.Errorf("sealed with the code alone %d times", wholes.Load())
		}
	})
}

// What ends before is never sealed with the code alone, also if a person was asked.
func TestMemoryOfAShortTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, wholes, stored := testMemory(t)
		m.start(t.Context(), 0)
		m.rememberHere()
		if got := stored(); !slices.Equal(got, []string{"quick"}) {
			t.Errorf("stored is %q at the question", got)
		}
		m.begun(&rememberingFiles{})
		time.Sleep(sealAfter / 2)
		m.stop()
		if got := stored(); len(got) > 0 || wholes.Load() != 0 {
			t.Errorf("left is %q, sealed with the code alone %d times", got, wholes.Load())
		}
	})
}

// The state is beside the files once it is sealed with the code alone, whichever
// comes first, and at once where there is no key of the machine.
func TestMemoryBesideFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		late, keyless, homeless bool
		after                   time.Duration
	}{
		"the files come first":  {after: sealAfter},
		"the files come later":  {late: true, after: sealAfter},
		"no key":                {keyless: true},
		"no key, a later file":  {keyless: true, late: true},
		"no folder of state":    {homeless: true},
		"no folder, later file": {homeless: true, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, wholes, _ := testMemory(t)
				if tt.keyless {
					m.quick = func() ([]byte, error) { return nil, errors.New("no key") }
				}
				if tt.homeless {
					m.meetings = nil
				}
				f := &rememberingFiles{}
				if !tt.late {
					m.begun(f)
				}
				m.start(t.Context(), 0)
				time.Sleep(tt.after)
				synctest.Wait()
				if tt.late {
					m.begun(f)
				}
				if !slices.Equal(f.sealed, []string{"whole"}) || wholes.Load() == 0 {
					t.Errorf("beside the files is %q", f.sealed)
				}
				m.stop()
			})
		})
	}
}

// What is kept when the disk is full is sealed with the code alone, at any time.
func TestMemoryKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, stored := testMemory(t)
		m.start(t.Context(), 0)
		synctest.Wait()
		f := &rememberingFiles{}
		if !m.keep(f) || !f.kept || !slices.Equal(f.sealed, []string{"whole"}) {
			t.Errorf("beside the files is %q, kept %v", f.sealed, f.kept)
		}
		m.stop()
		if got := stored(); !slices.Equal(got, []string{"whole"}) {
			t.Errorf("left is %q", got)
		}
	})
}

// rememberingFiles is a resumable that records what it is given.
type rememberingFiles struct {
	sealed []string
	kept   bool
}

func (f *rememberingFiles) Remember(sealed []byte) error {
	f.sealed = append(f.sealed, string(sealed))
	return nil
}

func (f *rememberingFiles) Keep() { f.kept = true }
