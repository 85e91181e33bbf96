//go:build unix

package main

import "syscall"

// raiseFileLimit lets this process have as many files open as the system allows,
// and returns how many that are.
func raiseFileLimit() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	wanted := syscall.Rlimit{Cur: max(limit.Max, 65_536), Max: max(limit.Max, 65_536)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &wanted) == nil { // for who may do that
		return wanted.Cur
	}
	wanted = syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &wanted) == nil {
		return limit.Max
	}
	return limit.Cur
}
