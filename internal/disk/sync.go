package disk

import "os"

// syncer makes durable what was written. There is one for the disk, and tests
// look on with another.
type syncer interface {
	data(f *os.File) error    // the bytes of a file
	file(f *os.File) error    // the bytes, mode and times of a file
	whole(dir *os.File) error // all of the disk that dir is on, where syncsWhole
}

type diskSyncer struct{}

func (diskSyncer) data(f *os.File) error    { return syncData(f) }
func (diskSyncer) file(f *os.File) error    { return f.Sync() }
func (diskSyncer) whole(dir *os.File) error { return syncWhole(dir) }
