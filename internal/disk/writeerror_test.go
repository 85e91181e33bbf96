package disk_test

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
)

// What the errors of a disk say, and what the peer is told of them.
func TestWriteErrors(t *testing.T) {
	tests := []struct {
		err  error
		says []string
	}{
		{&destination.SpaceError{Dir: "/dest", Needed: 3 << 20, Err: syscall.ENOSPC}, []string{"/dest: no space: 3145728 bytes more"}},
		{&destination.SpaceError{Dir: "/dest", Needed: 7}, []string{"7 bytes more"}},
		{&destination.SpaceError{Dir: "/dest", Needed: 1 << 20, Quota: true, Err: syscall.EIO}, []string{"quota", "/dest", "1048576 bytes"}},
		{&destination.WriteError{Place: "/dest", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}}, []string{"/dest cannot be written"}},
		{&destination.WriteError{Place: "/dest", Err: fs.ErrPermission}, []string{"/dest cannot be written"}},
		{&destination.WriteError{Place: "/dest", Err: syscall.EIO}, []string{"/dest cannot be written"}},
		{&destination.ExistsError{Path: "top/a"}, []string{"top/a exists"}},
	}
	for _, tt := range tests {
		mentions(t, tt.err, tt.says...)
		tellsPeer(t, tt.err)
		if strings.Contains(tt.err.Error(), "open x") {
			t.Errorf("%q is a chain", tt.err)
		}
		if inner := errors.Unwrap(tt.err); inner != nil && !errors.Is(tt.err, inner) {
			t.Errorf("%v is not %v", tt.err, inner)
		}
	}
}
