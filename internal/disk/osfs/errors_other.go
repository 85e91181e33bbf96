//go:build !windows

package osfs

import "syscall"

// errLoop is the error of the system for symlinks that lead in a circle.
const errLoop = syscall.ELOOP

// errInvalidFunction is what a file system returns for a call that it does not
// have. Only Windows has an error of that name.
const errInvalidFunction = syscall.ENOTSUP
