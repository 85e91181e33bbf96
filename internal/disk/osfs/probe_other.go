//go:build !linux

package osfs

// TryCreate finds out whether a file can be created in the folder dir, by creating
// one and removing it.
func TryCreate(dir string) error { return tryNamed(dir) }
