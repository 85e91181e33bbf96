package disk_test

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
)

// What users and peers are told if a disk cannot be written.
func TestWriteErrors(t *testing.T) {
	tests := []struct {
		err   error
		says  []string
		hints []string
	}{
		{
			&destination.SpaceError{Dir: "/dest", Needed: 3 << 20, Err: syscall.ENOSPC},
			[]string{"/dest is full", "3.0 MiB (3145728 bytes) more are needed"},
			[]string{"Make room", "same command again", "--output"},
		},
		{&destination.SpaceError{Dir: "/dest", Needed: 7}, []string{"7 bytes more"}, nil},
		{
			&destination.SpaceError{Dir: "/dest", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOSPC}},
			[]string{"/dest takes no more files or bytes: no space left on device"},
			[]string{"Make room"},
		},
		{
			&destination.SpaceError{Dir: "/dest", Needed: 1 << 20, Quota: true, Err: syscall.EIO},
			[]string{"quota", "/dest", "1.0 MiB (1048576 bytes) are still to come"},
			[]string{"quota", "same command again", "--output"},
		},
		{&destination.SpaceError{Dir: "/dest", Quota: true}, []string{"quota on the disk of /dest is used up"}, nil},
		{
			&destination.WriteError{Place: "/dest", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}},
			[]string{"/dest cannot be written"},
			[]string{"read-only", "same command again", "--output"},
		},
		{&destination.WriteError{Place: "/dest", Err: fs.ErrPermission}, []string{"/dest cannot be written"}, []string{"permissions"}},
		{&destination.WriteError{Place: "/dest", Err: syscall.EIO}, []string{"/dest cannot be written"}, []string{"sound", "same command"}},
		{&destination.ExistsError{Path: "top/a"}, []string{"top/a is there already"}, []string{"--on-conflict", "--output"}},
	}
	for _, tt := range tests {
		mentions(t, tt.err, tt.says...)
		advises(t, tt.err, tt.hints...)
		if strings.Contains(tt.err.Error(), "open x") {
			t.Errorf("%q is a chain", tt.err)
		}
		if inner := errors.Unwrap(tt.err); inner != nil && !errors.Is(tt.err, inner) {
			t.Errorf("%v is not %v", tt.err, inner)
		}
	}
}
