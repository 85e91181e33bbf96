//go:build !unix || aix

package disk

import "io/fs"

const openNonblock = 0

// inode is the part of a stamp that only some systems have: not this one.
type inode struct {
	dev, ino uint64
}

func inodeOf(fs.FileInfo) inode { return inode{} }
