package disk_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
)

// On a slow link a kill costs what arrived in a second, not 24 blocks.
func TestJournalKeepsUpWithSlowLinks(t *testing.T) {
	data := random(mib, 1)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := begun(t, dir, destination.Options{}, "a")
		file, err := f.Prepare(t.Context(), 0, fileEntry("a", 6*mib))
		must(t, err)
		for i, tt := range []struct {
			pause time.Duration
			want  int // blocks that a later transfer finds
		}{
			{0, 0},
			{999 * time.Millisecond, 0},
			{2 * time.Millisecond, 2}, // a second after the first block
			{997 * time.Millisecond, 2},
			{4 * time.Millisecond, 4}, // and a second after that
			{time.Minute, 5},
		} {
			time.Sleep(tt.pause)
			synctest.Wait()
			_, err := file.WriteAt(data, int64(i)*mib)
			must(t, err)
			must(t, file.Verified(uint32(i), blockhash.Sum(uint32(i), data).Hash))
			// A transfer of the same files into a copy of what a kill would leave.
			later := begun(t, crashed(t, dir), destination.Options{}, "a")
			again, err := later.Prepare(t.Context(), 0, fileEntry("a", 6*mib))
			must(t, err)
			have, err := again.Have(t.Context())
			if err != nil || len(have) != tt.want {
				t.Errorf("after block %d a later transfer finds %d, want %d; %v", i, len(have), tt.want, err)
			}
			must(t, later.Close())
		}
		must(t, f.Close())
	})
}
