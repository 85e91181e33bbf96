package disk

import (
	"errors"
	"io/fs"
	"syscall"
)

func refused(p, reason, detail string, err error) *SkipError {
	return &SkipError{Path: p, Reason: reason, Detail: detail, Err: err}
}

// refusal makes a *SkipError of what is wrong with one entry's place, and an
// error that ends the transfer of all else.
func (f *Folder) refusal(p string, err error) error {
	var not *notAFolder
	switch {
	case errors.As(err, &not):
		return refused(p, "its folder is no folder here", not.Error(), err)
	case errors.Is(err, fs.ErrNotExist):
		return refused(p, "its folder is not there", "the folder that it belongs into is not there", err)
	case errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS):
		return refused(p, "no permission on the receiving side", "this user may not write there: change the folder's permissions and receive again", err)
	case errors.Is(err, fs.ErrExist):
		return refused(p, "appeared on the receiving side", "another program made a file of the name while this one was received: receive it again", err)
	case badName(err):
		return refused(p, "the receiving disk does not take the name", "the disk does not take this name ("+cause(err)+")", err)
	case isFull(err):
		return f.writeError(err)
	}
	return &WriteError{Place: p, Err: err}
}

// badName says whether a file system refuses a name that the gate let pass.
func badName(err error) bool {
	for _, e := range [...]error{syscall.ENAMETOOLONG, syscall.EILSEQ, syscall.EINVAL, syscall.ELOOP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
