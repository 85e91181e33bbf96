package osfs

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// IsBadName reports whether a file system refused a name, or a path, for what it
// is: too long, or with characters that it cannot store.
func IsBadName(err error) bool {
	for _, e := range [...]error{syscall.ENAMETOOLONG, syscall.EILSEQ, syscall.EINVAL, syscall.ELOOP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// IsUnsupportedAttribute reports whether a mode or a time could not be set
// because the file system cannot store it, as FAT and some FUSE file systems
// cannot.
func IsUnsupportedAttribute(err error) bool {
	for _, e := range [...]error{fs.ErrPermission, errors.ErrUnsupported, syscall.EINVAL, errInvalidFunction} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// IsLoop reports whether symlinks could not be followed because they lead in a
// circle.
func IsLoop(err error) bool {
	// Package filepath has no error value for it.
	return errors.Is(err, errLoop) || strings.Contains(err.Error(), "too many links")
}

// IsOtherDisk reports whether a rename failed because it would have led to
// another disk.
func IsOtherDisk(err error) bool { return errors.Is(err, syscall.EXDEV) }

// IsReadOnly reports whether a write failed because the disk is read-only.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
