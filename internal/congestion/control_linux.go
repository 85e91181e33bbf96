package congestion

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Control requests Algorithm for a TCP socket. It is no error if the system refuses.
// Other sockets are left alone.
func Control(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, Algorithm)
	})
}
