package partial

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tallow-transfer/tallow/internal/descriptors"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/names"
	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/filelock"
)

// maxRemembered bounds the folders that Remembered reads: anyone who runs
// programs as this user can have made them.
const maxRemembered = 128

// Remembered returns the Sealed blobs in the journals of interrupted transfers
// into the folder dir, the newest first: of all, or if as is not empty of those that
// receive a single path under that name. It leaves out the folders of other users
// and those that a running process holds, and whatever cannot be read or makes no
// sense. It writes nothing. If no descriptor is left, it waits for one until ctx ends.
func Remembered(ctx context.Context, dir, as string) [][]byte {
	dest, err := descriptors.Open(ctx, func() (*os.Root, error) { return os.OpenRoot(dir) })
	if err != nil {
		return nil
	}
	defer dest.Close()
	var found []remembered
	for _, name := range folderNames(ctx, dest) {
		if m, ok := recall(ctx, dest, name); ok && (as == "" || m.as == as) {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b remembered) int { return b.at.Compare(a.at) })
	var blobs [][]byte
	for _, m := range found {
		blobs = append(blobs, m.blobs...)
	}
	return blobs
}

// remembered is what one folder remembers.
type remembered struct {
	at    time.Time // when its journal was last written
	blobs [][]byte  // the newest first
	as    string    // the name of the single path, if it has one of its own
}

// folderNames returns the names in dest that partial folders may have.
func folderNames(ctx context.Context, dest *os.Root) (found []string) {
	list, err := descriptors.Open(ctx, func() (*os.File, error) { return dest.Open(".") })
	if err != nil {
		return nil
	}
	defer list.Close()
	for len(found) < maxRemembered {
		batch, err := list.Readdirnames(readBatch)
		for _, name := range batch {
			if strings.HasPrefix(name, names.PartialPrefix) {
				found = append(found, name)
			}
		}
		if len(batch) == 0 || err != nil {
			break
		}
	}
	return found[:min(len(found), maxRemembered)]
}

// recall reads what the folder name of dest remembers. It is false if that is
// nothing, or if the folder belongs to another user or is in use.
func recall(ctx context.Context, dest *os.Root, name string) (m remembered, ok bool) {
	root, err := openOwn(ctx, dest, name)
	if err != nil {
		return m, false
	}
	defer root.Close()
	// The lock is tried last and held only for a moment: a transfer that begins
	// meanwhile would take the folder for one in use.
	m, err = recallJournal(ctx, root)
	return m, err == nil && len(m.blobs) > 0 && !inUse(ctx, root)
}

// openOwn opens the folder name of dest, if it is of this user.
func openOwn(ctx context.Context, dest *os.Root, name string) (*os.Root, error) {
	info, err := dest.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir() || !osfs.OwnedByUser(info):
		return nil, fs.ErrPermission
	}
	return osfs.OpenDir(ctx, dest, name, info)
}

func recallJournal(ctx context.Context, root *os.Root) (m remembered, err error) {
	f, info, err := osfs.OpenRegular(ctx, root, journalName)
	if err != nil {
		return m, err
	}
	defer f.Close()
	m.at = info.ModTime()
	// Not more than it had when it was opened: it may be growing.
	m.blobs, m.as, err = journal.ReadSealed(io.NewSectionReader(f, 0, info.Size()))
	return m, err
}

// inUse reports whether a running process holds the folder root.
func inUse(ctx context.Context, root *os.Root) bool {
	lock, _, err := osfs.OpenRegular(ctx, root, lockName)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer lock.Close()
	held, _ := filelock.Try(lock) // the error is ignored as in takeLock
	return held
}
