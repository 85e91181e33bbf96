package tallow

import (
	"errors"

	"github.com/tallow-transfer/tallow/internal/archive"
	"github.com/tallow-transfer/tallow/internal/oserror"
	"github.com/tallow-transfer/tallow/internal/stream"
	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// explainFiles handles errors of the source and of the destination.
func explainFiles(err error) *Error {
	if e := explainPaths(err); e != nil {
		return e
	}
	var failed *transfer.DiskError
	if !errors.As(err, &failed) {
		if failed = diskErrorOf(err); failed == nil {
			return nil
		}
	}
	if e := explainDisk(err); e != nil {
		return e
	}
	var tooLong *stream.TooLongError
	var write *stream.WriteError
	var noSpace files.NoSpace
	switch {
	case errors.Is(err, stream.ErrOneFile):
		return &Error{Kind: KindIO, Reason: ReasonOutputOneFile}
	case errors.As(err, &tooLong):
		return &Error{Kind: KindIO, Reason: ReasonTextTooLong, Bytes: tooLong.Limit}
	case errors.As(err, &write):
		return &Error{Kind: KindIO, Reason: ReasonWriter, Detail: oserror.Cause(write.Err)}
	case errors.As(err, &noSpace):
		return &Error{Kind: KindIO, Reason: ReasonNoSpace, Bytes: noSpace.Missing(), Detail: noSpace.Error()}
	}
	return &Error{Kind: KindIO, Reason: ReasonDisk, Detail: failed.Err.Error()}
}

// diskErrorOf returns the error of an archive's source or destination; nil if it is
// neither.
func diskErrorOf(err error) *transfer.DiskError {
	var source *archive.SourceError
	var dest *archive.DestinationError
	switch {
	case errors.As(err, &source):
		return &transfer.DiskError{Err: source.Err}
	case errors.As(err, &dest):
		return &transfer.DiskError{Err: dest.Err}
	}
	return nil
}
