package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncsWhole says that syncWhole does something.
const syncsWhole = true

// syncWhole waits until all of the disk that dir is on is durable: one wait for
// any number of files, their attributes and their names.
func syncWhole(dir *os.File) error {
	return control(dir, unix.Syncfs)
}

// syncData waits until the bytes of f are durable.
func syncData(f *os.File) error {
	return control(f, unix.Fdatasync)
}

// control calls with the descriptor of f, which stays open meanwhile.
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

// syncFolder does nothing: syncWhole did.
func syncFolder(*os.File) {}
