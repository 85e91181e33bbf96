package osfs

import "golang.org/x/sys/unix"

// exclusiveRename renames a file and replaces nothing.
func exclusiveRename(from, to *Dir, old, name string) error {
	return unix.RenameatxNp(from.fd(), old, to.fd(), name, unix.RENAME_EXCL)
}
