//go:build !linux

package osfs

import (
	"errors"
	"os"
)

// DirectUnit is what the offset, the length and the address in memory of a direct
// write have to be multiples of, in bytes.
const DirectUnit = 4096

// OpenDirect is not available: errors.ErrUnsupported.
func OpenDirect(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }
