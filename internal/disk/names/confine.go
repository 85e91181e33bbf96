package names

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// StaysInside reports whether the target of a symlink at the path p, read element
// by element, never leaves the top-level folder of p. Both are separated by "/".
func StaysInside(p, target string) bool {
	if target == "" || strings.HasPrefix(target, "/") {
		return false
	}
	depth := strings.Count(p, "/") // of the folder that the symlink is in
	if depth == 0 {
		return false // beside the top-level folders, not in one
	}
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "", ".":
		case "..":
			if depth--; depth == 0 {
				return false
			}
		default:
			depth++
		}
	}
	return true
}

// ResolvesInside reports whether following the symlink p of root, and any other
// symlinks on the way, never leaves root. A link that leads to nothing is fine.
// StaysInside is not enough: "a/b/.." is not "a" if b is a symlink.
func ResolvesInside(root *os.Root, p string) bool {
	_, err := root.Stat(p)
	// os.Root has no error value for an escape, so every error that is not known
	// to be harmless counts as one.
	return err == nil ||
		errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, syscall.ELOOP) ||
		errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ENAMETOOLONG)
}
