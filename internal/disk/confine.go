package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// staysInside says whether the target of a symlink at the path p (both with
// "/"), read word by word, never leaves the folder that p begins with.
func staysInside(p, target string) bool {
	if target == "" || strings.HasPrefix(target, "/") {
		return false
	}
	depth := strings.Count(p, "/") // of the folder that the symlink is in
	if depth == 0 {
		return false // beside the tree, not in it
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

// resolvesInside says whether the symlink p of root can be followed without
// leaving root, through other symlinks too, or leads to nothing. staysInside is
// not enough: "a/b/.." is elsewhere than "a" if b is a symlink.
func resolvesInside(root *os.Root, p string) bool {
	_, err := root.Stat(p)
	// Root has no error value for an escape, so all but the harmless ones are
	// taken for one.
	return err == nil ||
		errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, syscall.ELOOP) ||
		errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ENAMETOOLONG)
}
