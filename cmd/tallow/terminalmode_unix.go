//go:build unix

package main

import (
	"sync"

	"golang.org/x/sys/unix"
)

// terminalMode is how a terminal was before the program changed it. The zero
// value is of use, from any goroutine.
type terminalMode struct {
	mu    sync.Mutex
	fd    int
	saved *unix.Termios // nil while the terminal is as it was
	left  bool
}

// single has a terminal give each key as it is pressed, without showing it.
// Ctrl-C and its like remain signals.
func (m *terminalMode) single(fd int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if m.left || err != nil || m.saved != nil && state.Lflag&(unix.ICANON|unix.ECHO) == 0 {
		return
	}
	saved := *state
	m.fd, m.saved = fd, &saved
	state.Lflag &^= unix.ICANON | unix.ECHO
	state.Cc[unix.VMIN], state.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(fd, setTermios, state) // else keys come after Enter
}

// restore puts the terminal back.
func (m *terminalMode) restore() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.putBack()
}

// putBack is restore; m.mu is held.
func (m *terminalMode) putBack() {
	if m.saved != nil && foreground(m.fd) { // else the shell has done it
		_ = unix.IoctlSetTermios(m.fd, setTermios, m.saved)
	}
	m.saved = nil
}

// leave puts the terminal back for good.
func (m *terminalMode) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.putBack()
	m.left = true
}
