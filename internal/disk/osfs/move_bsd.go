//go:build unix && !linux && !darwin

package osfs

// Move renames the file old of the folder from to name in the folder to. The
// error is fs.ErrExist if anything has that name.
func Move(from, to *Dir, old, name string) error { return moveByLink(from, to, old, name) }
