//go:build unix

package oserror

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

var errReplaced = errors.New("it was replaced")

func TestCause(t *testing.T) {
	for _, err := range []error{
		syscall.ENOENT,
		&fs.PathError{Op: "open", Path: "/a/secret/path", Err: syscall.ENOENT},
		fmt.Errorf("x: %w", &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.ENOENT}),
	} {
		if got := Cause(err); got != "no such file or directory" {
			t.Errorf("%q", got)
		}
	}
	if got := Cause(&fs.PathError{Op: "open", Path: "a", Err: errReplaced}); got != errReplaced.Error() {
		t.Errorf("%q", got)
	}
}
