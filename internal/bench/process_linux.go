package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent has a process get a signal when this one dies.
func dieWithParent(cmd *exec.Cmd, signal syscall.Signal) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: signal}
}

// peakMemory is the most memory that a process had, in bytes. Linux counts in
// KiB, and counts what this process had when it started the other one.
func peakMemory(s *os.ProcessState) int64 { return s.SysUsage().(*syscall.Rusage).Maxrss << 10 }
