//go:build (!unix && !windows) || aix

package osfs

import "os"

// TryLock does nothing: this system has no locks, and no other processes.
func TryLock(*os.File) (held bool, err error) { return false, nil }
