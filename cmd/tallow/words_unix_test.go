//go:build unix

package main

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// detached leaves the terminal that the tests may have been started from.
func detached() int {
	if _, err := syscall.Setsid(); err != nil {
		return fail(err)
	}
	return rest()
}

// screened puts stderr on the terminal.
func screened() int {
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return fail(err)
	}
	os.Stderr = tty
	return rest()
}

// shown has stdout be the terminal.
func shown() int {
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return fail(err)
	}
	os.Stdout = tty
	return rest()
}

// umask sets the umask.
func umask() int {
	mask, err := strconv.ParseUint(shift(), 8, 9)
	if err != nil {
		return fail(err)
	}
	unix.Umask(int(mask))
	return rest()
}

// pauseSignals are the signals of the command "signal".
func pauseSignals() map[string]os.Signal {
	return map[string]os.Signal{"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2}
}

// unread makes stdout a pipe that is closed at its other end.
func unread() int {
	r, w, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	if err := unix.Dup2(int(w.Fd()), 1); err != nil { // SIGPIPE is for file descriptor 1 alone
		return fail(err)
	}
	_, _ = r.Close(), w.Close()
	return rest()
}
