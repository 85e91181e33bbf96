package main

import "os"

// descriptor is the number of an open file for calls to the system. Unlike
// os.File.Fd it leaves the file as it is: Fd makes reads block, and then nothing
// can interrupt them. It is -1 for a closed file.
func descriptor(f *os.File) int {
	fd := -1
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}
