//go:build !windows

package osfs

import "syscall"

// errLoop is the error of the system for symlinks that lead in a circle.
const errLoop = syscall.ELOOP
