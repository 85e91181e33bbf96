//go:build (!unix && !windows) || aix

package filelock

import "os"

// Try takes nothing: this system has no locks, and no other processes.
func Try(*os.File) (held bool, err error) { return false, nil }

// Wait takes nothing: this system has no locks, and no other processes.
func Wait(*os.File) error { return nil }
