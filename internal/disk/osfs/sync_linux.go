package osfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncsFilesystem says whether SyncFilesystem does anything.
const SyncsFilesystem = true

// SyncFilesystem waits until everything on the disk that the folder dir is on is
// durable: the data, attributes and names of any number of files in one wait. It
// also waits for what other programs wrote.
func SyncFilesystem(dir *os.File) error { return control(dir, unix.Syncfs) }

// SyncData waits until the bytes of f are durable.
func SyncData(f *os.File) error { return control(f, unix.Fdatasync) }

// SyncDir does nothing: SyncFilesystem includes names.
func SyncDir(*os.File) {}

// control calls call with the descriptor of f, which stays open meanwhile.
func control(f *os.File, call func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = retry(func() error { return call(int(fd)) })
	})
	if err != nil {
		return err
	}
	return failed
}
