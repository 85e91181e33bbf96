package tallow

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// explainDisk: what is read or written here.
func explainDisk(err error) *Error {
	var failed *transfer.DiskError
	if !errors.As(err, &failed) {
		return nil
	}
	var exists *destination.ExistsError
	var space *destination.SpaceError
	var write *destination.WriteError
	var room files.NoSpace
	e := &Error{Kind: KindIO}
	switch {
	case errors.As(err, &exists):
		e.Reason, e.Path = ReasonExists, exists.Path
	case errors.As(err, &space):
		e.Reason, e.Path, e.Bytes = ReasonNoSpace, space.Dir, space.Needed
		if space.Quota {
			e.Reason = ReasonQuota
		}
		if space.Err != nil {
			e.Detail = systemText(space.Err)
		}
	case errors.As(err, &room):
		e.Reason, e.Bytes, e.Detail = ReasonNoSpace, room.Missing(), room.Error()
	case errors.As(err, &write):
		e.Reason, e.Path, e.Detail = writeReason(write.Err), write.Place, systemText(write.Err)
	default:
		e.Reason, e.Detail = ReasonDisk, failed.Err.Error()
	}
	return e
}

// writeReason is why a place cannot be written.
func writeReason(err error) Reason {
	switch {
	case errors.Is(err, syscall.EROFS):
		return ReasonReadOnly
	case errors.Is(err, fs.ErrPermission):
		return ReasonPermission
	}
	return ReasonWrite
}

// systemText is an error of the file system in the system's words alone, without
// the operation and the path that package os puts before them.
func systemText(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
