package manifest

import (
	"errors"
	"io/fs"

	"github.com/tallow-transfer/tallow/pkg/files"
)

// ReasonText is why an entry could not be listed or read, for the other side: the text
// of an error without the path that it has on this machine.
func ReasonText(err error) string {
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.Is(err, files.ErrChanged):
		return files.ErrChanged.Error()
	}
	return err.Error()
}
