//go:build !linux

package osfs

import (
	"context"
	"errors"
	"io/fs"
)

// CreatesFiles says whether CreateFile is available.
const CreatesFiles = false

// CreateFile is not available on this system.
func CreateFile(context.Context, *Dir, string, []byte, fs.FileMode, int64) (Created, error) {
	return Created{}, errors.ErrUnsupported
}
