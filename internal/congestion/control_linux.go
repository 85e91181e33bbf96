package congestion

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Control asks for Algorithm on a TCP socket. Not getting it is no error.
func Control(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, Algorithm)
	})
}
