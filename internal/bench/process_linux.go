package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent makes the system signal a process when this one dies.
func dieWithParent(cmd *exec.Cmd, signal syscall.Signal) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: signal}
}

// peakMemory returns the largest amount of memory that a process had, in bytes.
// Linux counts in KiB, and includes what this process had when it started the
// other one.
func peakMemory(s *os.ProcessState) int64 { return s.SysUsage().(*syscall.Rusage).Maxrss << 10 }
