//go:build !linux

package congestion

import "syscall"

// Control does nothing: this system does not offer a choice.
func Control(_, _ string, _ syscall.RawConn) error { return nil }
