//go:build !unix || aix

package disk

import "io/fs"

const openNonblock = 0

func inodeOf(fs.FileInfo) inode { return inode{} }
