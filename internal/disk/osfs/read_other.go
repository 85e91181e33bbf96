//go:build !linux

package osfs

import (
	"context"
	"os"
)

// ReadsFiles says whether ReadFile is available.
const ReadsFiles = false

// ReadFile is not available on this system.
func ReadFile(context.Context, *os.File, string, []byte) (r Read, ok bool, err error) {
	return r, false, nil
}
