//go:build !linux

package osfs

import (
	"errors"
	"os"
)

// Reserve is not available: this system has no call that reserves room beyond the
// end of a file on every file system.
func Reserve(*os.File, int64, int64) error { return errors.ErrUnsupported }

// PunchHole does nothing on this system.
func PunchHole(*os.File, int64, int64) {}
