package tallow

import "os"

// spool is a file with sealed segments that are not stored yet.
type spool struct {
	*os.File
	named bool // the file has a name yet
}

func (s *spool) close() {
	_ = s.Close()
	if s.named {
		_ = os.Remove(s.Name())
	}
}

// spoolError is the error of such a file.
func spoolError(err error) *Error {
	return &Error{Kind: KindIO, Reason: ReasonSpool, Path: os.TempDir(), Detail: err.Error(), Err: err}
}
