//go:build !linux

package osfs

import (
	"errors"
	"io/fs"
)

// CreatesFiles says whether CreateFile is available.
const CreatesFiles = false

// CreateFile is not available on this system.
func CreateFile(*Dir, string, []byte, fs.FileMode, int64) (Created, error) {
	return Created{}, errors.ErrUnsupported
}
