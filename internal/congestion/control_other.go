//go:build !linux

package congestion

import "syscall"

// Control does nothing: there is no choice here.
func Control(_, _ string, _ syscall.RawConn) error { return nil }
