package destination

import (
	"context"
	"io/fs"
	"log/slog"
	"os"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
)

// tree is the destination's folder tree and what all parts of a Folder share.
type tree struct {
	ctx    context.Context // of the transfer: it ends what waits for a descriptor
	dir    string          // as the user gave it
	root   *os.Root
	policy Policy
	modes  modes // its umask is known from Begin on
	log    *slog.Logger
	sync   syncer
	placed placedFiles

	// Set by Begin.
	partial *partial.Folder
	space   space
}

// dirs returns a way to look up folders. It keeps extra open folders beside the
// last one, and has to be closed.
func (t *tree) dirs(extra int) dirs {
	return dirs{ctx: t.ctx, base: t.root, avoid: t.partial.Info, extra: extra}
}

// openFile opens the regular file p, relative to the destination and through no
// symlink, for reading.
func (t *tree) openFile(p string) (*os.File, fs.FileInfo, error) {
	look := t.dirs(0)
	defer look.close()
	at, name := split(p)
	dir, err := look.open(at)
	if err != nil {
		return nil, nil, err
	}
	return osfs.OpenRegular(t.ctx, dir.Root, name)
}

// attributeErrors returns the first error of setting modes and times, except for
// those that the disk cannot store.
func (t *tree) attributeErrors(errs ...error) error {
	for _, err := range errs {
		switch {
		case err == nil:
		case osfs.IsUnsupportedAttribute(err):
			t.log.Debug("mode or time not kept", "error", err)
		default:
			return err
		}
	}
	return nil
}
