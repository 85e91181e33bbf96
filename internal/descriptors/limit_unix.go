//go:build unix

package descriptors

import "syscall"

// limit returns how many descriptors this process may open. The runtime has raised
// the soft limit to the hard one.
func limit() (uint64, bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return uint64(max(l.Cur, 0)), true
}
