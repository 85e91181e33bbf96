package destination

import (
	"context"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
)

// space accounts for the room on the disk.
type space struct {
	ctx      context.Context // it ends what waits for a descriptor
	dir      string          // as the user gave it
	root     *os.Root
	partial  *partial.Folder // nil before Begin has opened it
	expected int64           // bytes on disk of the whole transfer, 0 if that is not known
	inPlace  atomic.Int64    // bytes of it that have their final names
}

// check returns a *SpaceError if what is still to come cannot fit. What exists
// under the names that are sent may turn out to be the same as what is sent, which
// is known only later; it is counted as if it were.
func (s *space) check(ctx context.Context, names []string) error {
	missing, known := s.missing()
	if !known || missing <= 0 {
		return nil
	}
	var there int64
	for _, name := range names {
		n, err := s.sizeOf(ctx, name)
		if err != nil {
			return err
		}
		there += n
	}
	if missing -= max(there-s.inPlace.Load(), 0); missing <= 0 {
		return nil
	}
	return &SpaceError{Dir: s.dir, Needed: missing}
}

// sizeOf adds up the files at the path p, or in it. The error is that of ctx.
func (s *space) sizeOf(ctx context.Context, p string) (sum int64, err error) {
	err = fs.WalkDir(s.root.FS(), p, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || !e.Type().IsRegular() {
			return nil // what cannot be read cannot be the same
		}
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum, err
}

// missing returns how many more bytes the disk would have to have for what is
// still to come; it is negative if the disk has more than enough. It is false if
// the size of the transfer or the free space is not known.
func (s *space) missing() (int64, bool) {
	dir, err := descriptors.Open(s.ctx, func() (*os.File, error) { return s.root.Open(".") })
	if err != nil {
		return 0, false
	}
	defer dir.Close()
	free, known := osfs.FreeSpace(dir)
	return s.toCome() - free, known && s.expected > 0
}

// toCome returns how many bytes of the transfer are neither in place nor in a
// partial file.
func (s *space) toCome() int64 {
	left := s.expected - s.inPlace.Load()
	if s.partial != nil {
		left -= s.partial.Held()
	}
	return max(left, 0)
}

// full returns the *SpaceError for a write that failed with cause.
func (s *space) full(cause error) *SpaceError {
	e := &SpaceError{Dir: s.dir, Quota: osfs.IsQuota(cause), Err: cause}
	missing, known := s.missing()
	switch {
	case e.Quota:
		e.Needed = s.toCome() // how much the quota still allows is not known
	case known:
		e.Needed = max(missing, 0)
	}
	return e
}
