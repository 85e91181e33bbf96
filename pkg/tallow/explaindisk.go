//go:build !js

package tallow

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/source"
	"github.com/tallow-transfer/tallow/internal/ignore"
	"github.com/tallow-transfer/tallow/internal/oserror"
)

// explainPaths handles paths that cannot be sent.
func explainPaths(err error) *Error {
	var pattern *ignore.PatternError
	if errors.As(err, &pattern) {
		return &Error{Kind: KindUsage, Reason: ReasonPattern, Detail: pattern.Pattern}
	}
	var path *source.PathError
	if !errors.As(err, &path) {
		return nil
	}
	e := &Error{Kind: KindUsage, Path: path.Path, Other: path.Other, Detail: path.Kind, Count: int64(path.Count)}
	if path.Err != nil {
		e.Detail = oserror.Cause(path.Err)
	}
	switch path.Fault {
	case source.FaultNone:
		e.Reason = ReasonNothingToSend
	case source.FaultEmpty:
		e.Reason = ReasonPathEmpty
	case source.FaultMissing:
		e.Reason = ReasonPathMissing
	case source.FaultSpecial:
		e.Reason = ReasonPathSpecial
	case source.FaultBrokenLink:
		e.Reason = ReasonPathBrokenLink
	case source.FaultLinkLoop:
		e.Reason = ReasonPathLinkLoop
	case source.FaultNotUTF8:
		e.Reason = ReasonPathNotUTF8
	case source.FaultUnsafeName:
		e.Reason = ReasonPathUnsafe
	case source.FaultWholeDisk:
		e.Reason = ReasonPathWholeDisk
	case source.FaultNothingLeft:
		e.Reason, e.Detail = ReasonNothingLeft, path.Why
	case source.FaultNoCurrentFolder:
		e.Reason = ReasonNoCurrentFolder
	default:
		e.Kind, e.Reason = KindIO, ReasonUnreadable
	}
	return e
}

// explainDisk handles errors of the output folder.
func explainDisk(err error) *Error {
	var exists *destination.ExistsError
	var space *destination.SpaceError
	var write *destination.WriteError
	var name *destination.NameError
	var oneName *destination.OneNameError
	var folder *destination.FolderError
	switch {
	case errors.As(err, &exists):
		return &Error{Kind: KindIO, Reason: ReasonExists, Path: exists.Path}
	case errors.As(err, &space):
		return explainSpace(space)
	case errors.As(err, &write):
		return &Error{Kind: KindIO, Reason: writeReason(write.Err), Path: write.Place, Detail: oserror.Cause(write.Err)}
	case errors.As(err, &name):
		return &Error{Kind: KindIO, Reason: ReasonOutputName, Path: name.Name}
	case errors.As(err, &oneName):
		return &Error{Kind: KindIO, Reason: ReasonOutputOneName, Path: oneName.Name, Count: int64(oneName.Count)}
	case errors.As(err, &folder):
		return &Error{Kind: KindIO, Reason: ReasonOutputFolder, Path: folder.Dir, Detail: oserror.Cause(folder.Err)}
	}
	return nil
}

func explainSpace(space *destination.SpaceError) *Error {
	e := &Error{Kind: KindIO, Reason: ReasonNoSpace, Path: space.Dir, Bytes: space.Needed}
	if space.Quota {
		e.Reason = ReasonQuota
	}
	if space.Err != nil {
		e.Detail = oserror.Cause(space.Err)
	}
	return e
}

// writeReason returns the reason why a path cannot be written.
func writeReason(err error) Reason {
	switch {
	case errors.Is(err, syscall.EROFS):
		return ReasonReadOnly
	case errors.Is(err, fs.ErrPermission):
		return ReasonPermission
	}
	return ReasonWrite
}
