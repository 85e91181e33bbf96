package destination

import (
	"os"

	"github.com/tallow-transfer/tallow/internal/disk/osfs"
)

// syncer makes written data durable. Tests replace it to watch.
type syncer interface {
	data(f *os.File) error    // the bytes of a file
	file(f *os.File) error    // the bytes, mode and times of a file
	whole(dir *os.File) error // everything on the disk of dir, if osfs.SyncsFilesystem
}

type diskSyncer struct{}

func (diskSyncer) data(f *os.File) error    { return osfs.SyncData(f) }
func (diskSyncer) file(f *os.File) error    { return f.Sync() }
func (diskSyncer) whole(dir *os.File) error { return osfs.SyncFilesystem(dir) }
