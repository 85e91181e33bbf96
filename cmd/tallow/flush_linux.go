package main

import "golang.org/x/sys/unix"

// flushInput drops what was typed at a terminal and not read yet.
func flushInput(terminal int) { _ = unix.IoctlSetInt(terminal, unix.TCFLSH, unix.TCIFLUSH) }
