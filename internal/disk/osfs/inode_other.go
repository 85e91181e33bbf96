//go:build (!unix && !windows) || aix

package osfs

import (
	"io/fs"
	"os"
)

// OpenNonblock does nothing on this system.
const OpenNonblock = 0

// InodeOf returns nothing: files have no numbers on this system.
func InodeOf(fs.FileInfo) Inode { return Inode{} }

// FileID returns 0: files have no numbers on this system.
func FileID(*os.Root, string, fs.FileInfo) uint64 { return 0 }

// HasLinks returns false: this system does not tell.
func HasLinks(fs.FileInfo) bool { return false }

// OwnedByUser returns true: this system has no other users.
func OwnedByUser(fs.FileInfo) bool { return true }
