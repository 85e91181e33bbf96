//go:build (!unix && !windows) || aix

package vault

import "os"

// waitForLock takes nothing: this system has no locks.
func waitForLock(*os.File) error { return nil }
